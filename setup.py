"""Write the commit into what is built: `agentsync/_commit.py` of a wheel, and of a source distribution."""

import subprocess
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
FILE = Path("agentsync", "_commit.py")


def write_commit(folder: Path) -> None:
    """Write the commit of this checkout below a folder; a source distribution has the file already."""
    if (HERE / FILE).exists():
        return
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode == 0 and (HERE / ".git").exists():
        (folder / FILE).write_text(f'"""The commit that this was built from."""\n\nCOMMIT = "{done.stdout.strip()}"\n')


class BuildWithCommit(build_py):
    """Copy the package, and write the commit into the copy."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            write_commit(Path(self.build_lib))


class SourceWithCommit(sdist):
    """Copy the sources, and write the commit into the copy."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        write_commit(Path(base_dir))


setup(cmdclass={"build_py": BuildWithCommit, "sdist": SourceWithCommit})
