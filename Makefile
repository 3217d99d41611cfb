# Thin: each target is a script or a task of xtask. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run demo setup check test test-kubernetes e2e schemathesis fuzz fmt generate bench db stop

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

run: ## install and build what is missing, then run Shepherd on this machine (ARGS="--empty" for no samples)
	@exec scripts/run.sh up $(ARGS)

demo: ## drive the main job from the terminal against a fresh instance
	@exec scripts/run.sh demo $(ARGS)

setup: ## install all that running and testing needs
	@scripts/setup.sh test

check: ## format, lints, generated code, schema, house rules, licences
	@scripts/check.sh

test: ## check, and all tests, those in a real browser too
	@scripts/test.sh

test-kubernetes: ## the tests of clusters on real Kubernetes and KubeVirt (ARGS="newest -- bash" for a shell there)
	@scripts/test-kubernetes.sh $(ARGS)

e2e: ## only the browser tests (ARGS are Playwright's)
	@scripts/e2e.sh $(ARGS)

schemathesis: ## only the fuzzing of the API from its contract (ARGS="--seconds 600")
	@scripts/schemathesis.sh $(ARGS)

fuzz: ## only the fuzzing of what reads bytes of others (ARGS="600 watch": seconds, targets)
	@scripts/fuzz.sh $(ARGS)

fmt: ## format Rust and TypeScript
	@cargo fmt --all
	@. scripts/lib.sh && npm --prefix web run --silent format

generate: ## write what is generated: contract, schema snapshot, checked queries
	@cargo xtask codegen
	@cargo xtask schema
	@cargo xtask db prepare

bench: ## measure, and print the table of docs/benchmarks.md
	@cargo xtask bench $(ARGS)

db: ## start the development database and bring it up to date
	@cargo xtask db up

stop: ## stop the development database
	@cargo xtask db down
