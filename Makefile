# Every target sets itself up on a fresh Debian machine that has Python 3.11 or newer (and, for the
# lab extension, Node 20 or newer). Work that was done is remembered in stamp files under .venv/,
# node_modules/ and build/, and done again when what it was made from has changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: demo lab test lint compiled bench docs help clean

VENV := .venv
DONE := $(VENV)/.done
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && \
	echo "$$python" && break; done)
NODE := $(shell command -v node 2>/dev/null)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# JupyterLab must not look outside of the environment for settings of other extensions.
export JUPYTER_PREFER_ENV_PATH := 1

BUNDLE := python/treadle/labextension/static/style.js
LINK := $(VENV)/share/jupyter/labextensions/@treadle/labextension
SOURCES := $(shell find labextension/src labextension/style labextension/schema -type f 2>/dev/null) \
	$(wildcard labextension/*.json labextension/*.js)

# ---------------------------------------------------------------------------------- for users

demo: $(DONE)/install-demo  ## run the flights notebook headless and print its answers
	python notebooks/run_demo.py

lab: $(DONE)/install-demo $(if $(NODE),$(DONE)/linked) data/flights  ## open the notebooks in JupyterLab (LAB_ARGS=... are passed on)
	$(if $(NODE),,@echo "Node.js was not found: JupyterLab opens without treadle's panes.")
	jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB_ARGS) notebooks/01-flights-in-parallel.ipynb

# -------------------------------------------------------------------------- for those who change it

# The Python suite comes last, so that its count closes the output.
test: need-node $(DONE)/install-test $(DONE)/linked ui-tests/node_modules/.done $(DONE)/chromium $(DONE)/postgres  ## every test: Jest, Galata in Chromium, then Python with the notebooks
	jlpm test
	cd ui-tests && PLAYWRIGHT_HTML_OPEN=never npx playwright test
	python -m pytest

lint: need-node $(DONE)/install-lint node_modules/.done  ## style and types of Python and TypeScript
	ruff check
	ruff format --check
	mypy
	jlpm lint:check

compiled: $(DONE)/install-lint $(DONE)/compiler  ## the state machines compiled by mypyc, and their tests on what came out
	python -m tests.compiled

bench: $(DONE)/install-bench  ## every benchmark, side by side with its peers
	for file in benchmarks/bench_*.py; do echo "== $$file"; python "$$file"; done

docs: $(DONE)/install-docs  ## the documentation, into build/docs
	sphinx-build -W --keep-going -b html docs build/docs

clean:  ## forget everything that was built, and the environment
	rm -rf $(VENV) build node_modules ui-tests/node_modules python/treadle/labextension labextension/lib

help:  ## this list
	@grep -hE '^[a-z]+:.*  ## ' Makefile | sed -E 's/^([a-z]+):.*  ## /\1\t/' | \
		awk -F '\t' '{ printf "make %-6s %s\n", $$1, $$2 }'

# ------------------------------------------------------------------------------- what they stand on

$(DONE)/venv:
	$(if $(PYTHON),,$(error treadle needs Python 3.11 or newer; none was found. Name one with PYTHON=...))
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || .ci/apt-install python3-venv
	$(PYTHON) -m venv $(VENV)
	mkdir -p $(DONE) && touch $@

# One stamp per set of packages; a set touches the stamps of those it holds as well. The bundle of
# the lab extension has stamps of its own, so pip does not build it. The link goes first: pip would
# write and delete through it.
EXTRAS_demo := demo
EXTRAS_test := test
EXTRAS_lint := lint,test
EXTRAS_bench := bench,test
EXTRAS_docs := docs
HOLDS_test := demo
HOLDS_lint := test demo
HOLDS_bench := test demo

$(DONE)/install-%: pyproject.toml $(DONE)/venv
	@if [ -L $(LINK) ]; then rm -f $(LINK) $(DONE)/linked; fi
	@echo 'Installing treadle[$(EXTRAS_$*)] into $(VENV); the first time this takes about a minute.'
	@SKIP_JUPYTER_BUILDER=1 python -m pip install -qq --editable '.[$(EXTRAS_$*)]'
	touch $@ $(HOLDS_$*:%=$(DONE)/install-%)

node_modules/.done: package.json labextension/package.json yarn.lock .yarnrc.yml | $(DONE)/install-demo
	jlpm install --immutable
	touch $@

$(BUNDLE): node_modules/.done $(SOURCES)
	jlpm build:prod
	touch $@

# A link in place of a copy: a new bundle is seen at the next reload of the page.
$(DONE)/linked: $(BUNDLE) | $(DONE)/install-demo
	rm -rf $(LINK) && mkdir -p $(dir $(LINK))
	ln -s $(CURDIR)/python/treadle/labextension $(LINK)
	touch $@

ui-tests/node_modules/.done: ui-tests/package.json ui-tests/package-lock.json
	cd ui-tests && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --ignore-scripts --no-audit --no-fund
	touch $@

# mypyc needs a C compiler and Python's headers.
$(DONE)/compiler: | $(DONE)/venv
	command -v gcc >/dev/null || .ci/apt-install gcc libc6-dev
	python -c 'import os, sysconfig; open(os.path.join(sysconfig.get_paths()["include"], "Python.h")).close()' \
		2>/dev/null || .ci/apt-install python3-dev
	touch $@

$(DONE)/chromium: | $(DONE)/venv
	[ -x /usr/bin/chromium ] || .ci/apt-install chromium fonts-dejavu-core
	touch $@

# The tests start a server of their own, on a socket in a temporary folder.
$(DONE)/postgres: | $(DONE)/venv
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || .ci/apt-install postgresql
	touch $@

data/flights: notebooks/prepare_flights.py | $(DONE)/install-demo
	python notebooks/prepare_flights.py
	touch $@

.PHONY: need-node
need-node:
	$(if $(NODE),,$(error this needs Node.js 20 or newer and npm, for the lab extension: apt-get install nodejs npm))
