"""What the browser gets needs nothing but its own server."""

import re

import pytest

from pipeline.dashboard.files import page_files

FILES = page_files()


@pytest.mark.parametrize("name", sorted(FILES))
def test_no_other_address(name: str) -> None:
    """No file names one, but for the name of SVG's language."""
    text = FILES[name].body.decode().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?://|@import|url\(", text)


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_are_there(name: str) -> None:
    """Every module that is imported is served."""
    for imported in re.findall(r'from "\./([a-z_]+\.js)"', FILES[name].body.decode()):
        assert imported in FILES
