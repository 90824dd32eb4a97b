"""Writes jars.sha256 anew.

    python -m pipeline.broker.pin 4.3.1

Resolves what that release of Apache Kafka needs from Maven Central, and pins what it got. For whoever raises the
version; look at the difference before it is committed.
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from jgo.maven import MavenContext

from pipeline.broker.jars import PINS

# Kafka logs through slf4j and leaves the choice of who writes it down to the application.
SLF4J_BACKEND = "slf4j-simple"


def main(version: str) -> None:
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        maven = MavenContext(repo_cache=Path(folder), timeout=60)
        kafka = maven.create_dependency(f"org.apache.kafka:kafka_2.13:{version}")
        needed = [dependency.artifact for step in maven.resolver.resolve([kafka]) for dependency in step]
        slf4j = next(artifact for artifact in needed if artifact.artifactId == "slf4j-api")
        needed.append(maven.project(slf4j.groupId, SLF4J_BACKEND).at_version(slf4j.version).artifact())
        for artifact in needed:
            content = artifact.resolve().read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            lines.append(f"{digest} {len(content):9} {artifact.groupId}:{artifact.artifactId}:{artifact.version}")
    header = f"# Apache Kafka {version}: SHA-256, bytes, group:artifact:version. Made by pipeline/broker/pin.py."
    PINS.write_text("\n".join([header, *sorted(lines, key=lambda line: line.split()[2]), ""]))


if __name__ == "__main__":
    main(sys.argv[1])
