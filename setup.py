"""What pyproject.toml cannot say: a wheel carries the SQL and the samples, which a checkout keeps at its top."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("migrations", "sql", "examples/likeperson")


class BuildWithFiles(build_py):
    def run(self) -> None:
        super().run()
        # An editable install reads the checkout itself.
        if self.editable_mode:
            return
        files = Path(self.build_lib) / "peerledger" / "files"
        # Left over from an earlier build, a file that is gone from the checkout would be applied all the same.
        shutil.rmtree(files, ignore_errors=True)
        for folder in FOLDERS:
            shutil.copytree(folder, files / folder, ignore=shutil.ignore_patterns("__pycache__"))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        files = Path(self.build_lib) / "peerledger" / "files"
        found = [str(path) for path in files.rglob("*") if path.is_file()]
        return [*super().get_outputs(include_bytecode), *found]


setup(cmdclass={"build_py": BuildWithFiles})
