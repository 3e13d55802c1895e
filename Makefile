# Everything a user types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -e -o pipefail -c
.DEFAULT_GOAL := help
ENV := . ./env.sh
EPISODES ?= 5
# Pages whose commands `make documents` runs; none for all.
PAGES ?=
# What setup installs: 1 for what tests and lints too; cpu for PyTorch without CUDA.
DEV ?=
TORCH ?=
export DEV TORCH

# What a rebuild depends on: with --symlink-install Python sources and edited YAML take effect at
# once; only new files and package metadata need colcon. It runs by the environment's Python, which
# scripts then name: apt's colcon would have them run by the system's, without the environment.
METADATA := $(shell find src -name setup.py -o -name setup.cfg -o -name package.xml)
SHARED := $(shell find launch config models calibration_data -type f \
  -not -path '*/opencv_samples/*' 2>/dev/null)
MODULES := $(shell find src -name '*.py' -path '*/vla_*/vla_*/*' 2>/dev/null | sort | sha256sum | cut -c1-12)
BUILT := install/.built-$(shell echo '$(SHARED)' '$(MODULES)' | sha256sum | cut -c1-12)

.PHONY: help setup demo test documents site lint bench model clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: venv $(BUILT) ## environment (DEV=1: tests and linters too; TORCH=cpu) and colcon build

# What a robot and a demo do without.
test documents site lint bench: DEV := 1

.PHONY: venv
venv:
	@tools/setup.sh

$(BUILT): $(METADATA) | venv
	@echo 'building the workspace with colcon'
	@$(ENV) && python -m colcon --log-level error build --symlink-install --event-handlers console_direct- >log-build.txt 2>&1 \
	  || { tail -n 30 log-build.txt >&2; echo 'error: colcon build failed (see log-build.txt)' >&2; exit 1; }
	@rm -f install/.built-* log-build.txt && touch $@

demo: setup ## simulator, policy and filter over ROS 2: episodes, success rate, videos
	@$(ENV) && exec vla demo --episodes $(EPISODES)

test: setup ## colcon test, then the system tests
	@$(ENV) && tools/run_tests.sh

# As many at a time as tests: most of a command's time is its start.
documents: setup ## run every command of the documents, or of PAGES, with small numbers
	@$(ENV) && PAGES='$(PAGES)' python -m pytest tests/documents/walk.py -q --disable-warnings -n 2 --dist loadgroup

# Its theme warns of a successor of mkdocs in every build.
site: setup ## the pages as a site with a reference of commands and API, in build/site
	@$(ENV) && NO_MKDOCS_2_WARNING=1 python -m mkdocs build --quiet && echo build/site/index.html

lint: setup ## ruff and mypy
	@$(ENV) && ruff check . && ruff format --check . && mypy

BENCHES := benchmarks/simulator.py benchmarks/help.py benchmarks/filter.py benchmarks/filter_pair.py tests/fuzz/filter.py \
  benchmarks/intrinsics.py "benchmarks/hand_eye.py --trials 20" \
  "benchmarks/rendered_hand_eye.py --runs 20 --pool 40" "benchmarks/policy_server.py --seconds 20" \
  benchmarks/precision.py benchmarks/flow.py benchmarks/remote.py "tests/fuzz/wire.py --messages 20000"
bench: setup ## speed figures, side by side with references; all run, whichever fails
	@$(ENV) && status=0; for bench in $(BENCHES); do echo "== $$bench"; \
	  python $$bench || status=1; done; exit $$status

STAMP := $(shell date +%Y%m%d-%H%M%S)
model: setup ## record demonstrations and train the demo policy again, on a CPU
	@$(ENV) && vla dataset record-sim --episodes 400 --output datasets/lift_cube-$(STAMP) \
	  && vla train act --dataset datasets/lift_cube-$(STAMP) --output runs/act-$(STAMP) \
	  && vla sim run --policy runs/act-$(STAMP) --episodes 100

.PHONY: samples
samples: venv ## OpenCV's photographs of a chessboard, for the tests of intrinsics on real images
	@$(ENV) && python tools/fetch_opencv_samples.py

clean: ## remove what was built, keep the environment
	rm -rf build install log
