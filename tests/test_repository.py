"""Rules that hold for the repository as a whole."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".md", ".json", ".toml", ".ipynb", ".yml"}
TEXT |= {".yaml", ".lock", ".cfg", ".txt", ".svg", ""}


def repository_files() -> list[Path]:
    """Every file that is in the repository, or would be after `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in sorted(set(listed.split("\0"))) if name]
    return [path for path in paths if path.is_file()]


FILES = repository_files()
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in FILES
    if path.suffix in TEXT
}

# A file holds one idea. Those that are longer for a reason are listed here with it.
LONGER: dict[str, str] = {}
LONGEST = 600


def test_no_source_file_is_longer_than_600_lines():
    parts = ("python/", "tests/", "labextension/", "ui-tests/", "benchmarks/", "notebooks/")
    long = {
        name: count
        for name, text in TEXTS.items()
        if name.startswith(parts)
        and name.endswith((".py", ".ts", ".tsx", ".css"))
        and (count := text.count("\n")) > LONGEST
        and name not in LONGER
    }

    assert long == {}


# Written without their endings, so that this file does not name a host itself.
REGISTRIES = ["npmjs", "yarnpkg", "pypi", "pythonhosted", "debian", "jsdelivr", "unpkg"]


@pytest.mark.parametrize("registry", REGISTRIES)
def test_no_file_names_a_package_registry(registry: str):
    pattern = re.compile(rf"\b{registry}\.(?:org|com|net)\b")

    assert [name for name, text in TEXTS.items() if pattern.search(text)] == []


def test_no_file_holds_a_path_of_somebodys_machine():
    pattern = re.compile(r"(?<![\w.}/-])/(?:work|root|home/[a-z]\w*|Users/\w+)/")

    found = {name: match.group() for name, text in TEXTS.items() if (match := pattern.search(text))}

    assert found == {}


def test_changelog_fragments_are_named_by_number_and_kind():
    fragments = [p.name for p in FILES if p.parent.name == "changelog.d" and p.name != "README.md"]
    kinds = "feature|bugfix|breaking|doc|misc"

    wrong = [name for name in fragments if not re.fullmatch(rf"\d+\.({kinds})(\.\d+)?\.md", name)]

    assert fragments
    assert wrong == []


@pytest.mark.parametrize("name", [name for name in TEXTS if name.endswith(".ipynb")])
def test_notebooks_are_kept_without_what_they_printed(name: str):
    cells = json.loads(TEXTS[name])["cells"]

    ran = [cell["id"] for cell in cells if cell.get("outputs") or cell.get("execution_count")]

    assert ran == []


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads(TEXTS["pyproject.toml"])["project"]
    packages = ["package.json", "labextension/package.json"]

    versions = {name: json.loads(TEXTS[name])["version"] for name in packages if name in TEXTS}
    import treadle

    assert {*versions.values(), treadle.__version__} == {project["version"]}


def test_the_make_targets_are_those_that_the_documents_name():
    targets = set(re.findall(r"^([a-z]+):", TEXTS["Makefile"], flags=re.MULTILINE))
    documents = [text for name, text in TEXTS.items() if name.endswith(".md")]

    named = {word for text in documents for word in re.findall(r"`?\bmake ([a-z]+)`", text)}

    assert named - targets == set()


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("docs/developer/")])
def test_the_developer_guide_names_files_that_exist(name: str):
    pattern = r"`((?:python/treadle|labextension/src|tests|benchmarks|notebooks)/[\w./-]*)`"

    named = re.findall(pattern, TEXTS[name])

    assert [path for path in named if not (ROOT / path).exists()] == []
