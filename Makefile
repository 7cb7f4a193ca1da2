# `make` alone shows the commands.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed

.PHONY: help install messages pictures demo test faults judge judge-baseline live-engines check fix bench bench-import bench-checks bench-digest bench-review bench-scale up lock clean

help: ## Show the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## Make .venv with everything in it; then .venv/bin/newsletter works

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Prefect starts twice as fast from compiled modules, whatever the environment says of writing them.
	@$(BIN)/python -m compileall -q -j 0 .venv/lib/python*/site-packages/prefect flows >/dev/null || true
	@touch $(STAMP)

demo: $(STAMP) ## Publish the example article to the example lists; nobody is mailed
	@$(BIN)/newsletter demo

test: $(STAMP) ## Run all tests; system services are installed when that is possible
	@sh tests/services/install.sh
	@# One worker waits for clocks most of the time, with the tests that start a newsroom.
	$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder

faults: $(STAMP) ## Break everything that a sending leans on, at full length (minutes)
	@sh tests/services/install.sh
	$(BIN)/python -m pytest -m "long or not long" -s tests/faults

judge: $(STAMP) ## Have sample letters judged by SpamAssassin, axe-core, OpenDKIM, Dovecot and others
	@sh tests/services/install.sh
	$(BIN)/python -m pytest -m judge -n 2 --dist loadfile tests/judge

judge-baseline: $(STAMP) ## Write anew what mail programs do not support of the sample letters
	@sh tests/services/install.sh
	$(BIN)/python -m tests.judge.unsupported

live-engines: $(STAMP) ## Talk to a real LibreTranslate server, installed apart (some hundred MB)
	$(BIN)/python -m pytest -v tests/live/real_libretranslate.py

check: $(STAMP) ## Linters, types, contracts
	$(BIN)/ruff format --check flows tests benchmarks
	$(BIN)/ruff check flows tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell
	$(BIN)/djlint --check --lint --quiet templates/public templates/evidence templates/desk templates/gallery

fix: $(STAMP) ## Format, and mend what linters can mend
	$(BIN)/ruff check --fix flows tests benchmarks
	$(BIN)/ruff format flows tests benchmarks
	$(BIN)/djlint --reformat --quiet templates/public templates/evidence templates/desk templates/gallery

bench-import: $(STAMP) ## Measure an import of 200,000 rows beside csv and executemany
	$(BIN)/python -m benchmarks.imports

bench: $(STAMP) ## Measure the hot paths against their peers
	$(BIN)/python -m benchmarks

bench-checks: $(STAMP) ## Measure the checks: false findings, and damage that they catch
	$(BIN)/python -m benchmarks.checks

bench-digest: $(STAMP) ## Measure a digest of 12 articles with 40 pictures in three languages
	$(BIN)/python -m benchmarks.digests

bench-review: $(STAMP) ## Measure the review page of 300 passages: looking at it, saving one
	$(BIN)/python -m benchmarks.review

bench-scale: $(STAMP) ## Measure workers on one PostgreSQL, and a million contacts (half an hour)
	$(BIN)/python -m benchmarks.scale

messages: $(STAMP) ## Bring the desk's catalogues in line with what its pages say
	$(BIN)/python -m tests.desk.messages

pictures: $(STAMP) ## Draw the pictures of the desk and of the sample letters in docs/ anew
	$(BIN)/python -m tests.judge.pictures
	$(BIN)/python -m tests.desk.pictures

up: $(STAMP) ## Run the newsroom: Prefect's server, the runner, the desk, the public pages
	$(BIN)/newsletter up

lock: $(STAMP) ## Resolve the dependencies anew, with hashes
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet -c requirements-dev.lock pyproject.toml --group build -o deploy/requirements.lock

clean: ## Remove what was built; content and state stay
	rm -rf .venv dist build .mypy_cache .pytest_cache .ruff_cache
