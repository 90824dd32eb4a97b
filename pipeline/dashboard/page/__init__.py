"""What the browser gets: the page's HTML, CSS and scripts."""
