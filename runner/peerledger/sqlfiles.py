"""The SQL files, rendered and hashed."""

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import jinja2

from peerledger.errors import RunnerError

# A wheel carries them inside the package; an editable install reads the checkout.
_PACKAGE = Path(__file__).resolve().parent
ROOT = _PACKAGE / "files" if (_PACKAGE / "files").is_dir() else _PACKAGE.parents[1]
TEMPLATE = ".sql.j2"


@dataclass(frozen=True)
class SqlFile:
    path: str
    """Relative to the root, with slashes: the name in private.sql_files."""
    text: str

    @property
    def stem(self) -> str:
        """The exact name of the function, or of the table whose triggers or policies these are."""
        return stem(self.path)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".j2").removesuffix(".sql")


def is_function(path: str) -> bool:
    return path.startswith("sql/functions/")


def is_policy(path: str) -> bool:
    return path.startswith("sql/policies/")


@lru_cache
def _environment(folder: Path) -> jinja2.Environment:
    """Kept, because to compile the templates takes ten times as long as the rest; one whose file has
    changed is compiled anew."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<%=",
        variable_end_string="%>",
        comment_start_string="<%#",
        comment_end_string="%>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - SQL, not HTML  # nosec B701
    )


@dataclass(frozen=True)
class Tree:
    """`migrations/` and `sql/` under a root."""

    root: Path = ROOT

    def ledger(self) -> SqlFile:
        return self._plain(self.root / "sql" / "ledger.sql")

    def superuser_script(self, name: str) -> SqlFile:
        """What `migrate` cannot do where its role is no superuser."""
        return self._plain(self.root / "sql" / "superuser" / f"{name}.sql")

    def migrations(self) -> list[SqlFile]:
        return [
            self._plain(path) for path in self._migration_paths() if not path.name.endswith(".rollback.sql")
        ]

    def rollback_of(self, migration: SqlFile) -> SqlFile:
        return self._plain(self.root / (migration.path.removesuffix(".sql") + ".rollback.sql"))

    def objects(self) -> list[SqlFile]:
        """The replayable files in the order in which they are applied."""
        environment = _environment(self.root / "sql")
        files = []
        for folder in ("functions", "triggers", "policies"):
            for path in sorted((self.root / "sql" / folder).rglob("*.sql*")):
                if path.name.startswith("_") or not path.name.endswith((".sql", TEMPLATE)):
                    continue
                files.append(self._rendered(path, environment) if path.suffix == ".j2" else self._plain(path))
        return files

    def prepare(self) -> SqlFile:
        """What a dump of ours needs before it is restored."""
        return self._plain(self.root / "sql" / "prepare.sql")

    def access(self) -> SqlFile | None:
        """The description of access that belongs to some version of these files."""
        path = self.root / "sql" / "access.csv"
        return self._plain(path) if path.exists() else None

    def sha256(self) -> str:
        """Of all that says what access is; the folders that it stands in do not matter."""
        files = [*self.migrations(), *self.objects()]
        lines = sorted(f"{file.path.rsplit('/', 1)[-1]} {file.sha256}" for file in files)
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def read_once(self) -> "Tree":
        """For one command, which asks for them up to eight times: all of it is of the same files."""
        return _ReadOnce(self.root)

    def _migration_paths(self) -> list[Path]:
        paths = sorted((self.root / "migrations").glob("*.sql"))
        if not paths:
            raise RunnerError(f"No migrations in {self.root / 'migrations'}: the installation is incomplete.")
        return paths

    def _name(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _plain(self, path: Path) -> SqlFile:
        try:
            return SqlFile(self._name(path), path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise RunnerError(f"{path} cannot be read ({type(error).__name__}).") from error

    def _rendered(self, path: Path, environment: jinja2.Environment) -> SqlFile:
        try:
            template = environment.get_template(path.relative_to(self.root / "sql").as_posix())
            return SqlFile(self._name(path), template.render())
        except jinja2.TemplateError as error:
            raise RunnerError(f"{self._name(path)} cannot be rendered: {error}.") from error


class _ReadOnce(Tree):
    @cached_property
    def _migrations(self) -> list[SqlFile]:
        return super().migrations()

    @cached_property
    def _objects(self) -> list[SqlFile]:
        return super().objects()

    def migrations(self) -> list[SqlFile]:
        return self._migrations

    def objects(self) -> list[SqlFile]:
        return self._objects

    def read_once(self) -> Tree:
        return self
