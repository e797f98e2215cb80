"""What pyproject.toml cannot say: a wheel carries the SQL and the samples of the checkout."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

FOLDERS = ("migrations", "sql", "examples/likeperson")
# What an auditor gets, and what judges checkpoints here.
VERIFIERS = ("docs/verify_proof.py", "docs/verify_package.py")


class BuildWithFiles(build_py):
    def run(self) -> None:
        super().run()
        # An editable install reads the checkout itself.
        if self.editable_mode:
            return
        files = Path(self.build_lib) / "peerledger" / "files"
        # A file that an earlier build left, and that is gone from the checkout, must not be applied.
        shutil.rmtree(files, ignore_errors=True)
        for folder in FOLDERS:
            shutil.copytree(folder, files / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for verifier in VERIFIERS:
            (files / verifier).parent.mkdir(exist_ok=True)
            shutil.copyfile(verifier, files / verifier)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        files = Path(self.build_lib) / "peerledger" / "files"
        found = [str(path) for path in files.rglob("*") if path.is_file()]
        return [*super().get_outputs(include_bytecode), *found]


setup(cmdclass={"build_py": BuildWithFiles})
