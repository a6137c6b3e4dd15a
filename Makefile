# Unity's tasks. `make` alone lists them; `make test` is what every change has
# to pass, here and in CI.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

# The steps of `make test`, in the order that finds mistakes soonest.
STEPS := setup format modules vet lint tools web-check spectral build generated unit browser fault

FUZZTIME ?= 1m
FORMS ?= all
# Systems that the program must at least compile for, beside this one.
SYSTEMS := darwin/arm64 windows/amd64 freebsd/amd64 linux/arm64
PROGRAM := $(CURDIR)/dist/unity
LINT_VERSION := $(shell sed -n 's|.*golangci/golangci-lint/v2 \(v[^ ]*\).*|\1|p' tools/go.mod)
LINT := $(CURDIR)/.cache/bin/golangci-lint-$(LINT_VERSION)
NPM_WEB := npm --prefix web --silent run

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1|\2/' | column -t -s '|'

##@ every day

.PHONY: run
run: ## start Unity on data of its own in .cache/run
	go run ./cmd/unity serve --data .cache/run

.PHONY: test
test: ## all that a change has to pass; installs what it needs (Debian, as root)
	@tools/step.sh $(STEPS)

.PHONY: check
check: ## the quick part of it: format, vet, lint, rules, unit tests
	@tools/step.sh format vet lint quick

.PHONY: fmt
fmt: $(LINT) ## format everything
	$(LINT) fmt
	if [[ -d web/node_modules ]]; then $(NPM_WEB) format; fi

.PHONY: lint
lint: $(LINT) ## the pinned linters
	@$(LINT) run

.PHONY: generate
generate: build ## write generated text again: tables in documents, API description, types
	@tools/generate.sh

.PHONY: golden
golden: ## write expected output again; read the difference before it is committed
	UPDATE=1 go test ./...
	git diff --stat

.PHONY: build
build: ## the program, stripped, as dist/unity
	@CGO_ENABLED=0 go build -buildvcs=auto -trimpath -ldflags '-s -w' -o $(PROGRAM) ./cmd/unity
	ls -l $(PROGRAM) | awk '{ printf "dist/unity: %.1f MB\n", $$5 / 1e6 }'

##@ the interface

.PHONY: web
web: ## build the interface into web/dist, which is committed
	@$(NPM_WEB) build

.PHONY: web-check
web-check: ## types, lint, tests and build of the interface; web/dist must not change
	@tools/web-check.sh

.PHONY: screenshots
screenshots: build ## a picture of every page of the demo, in test-results/screenshots
	@UNITY=$(PROGRAM) node tools/screenshots.mjs test-results/screenshots

.PHONY: measure-web
measure-web: build ## how fast the interface is, on the demo: first view, scrolling, 30 live panels (10 minutes)
	@for what in first scroll panels; do UNITY=$(PROGRAM) node tools/measure-web.mjs $$what; done

##@ now and then

.PHONY: likenesses
likenesses: ## what the demo shows of each plugin, from the cases of the plugins' tests
	@folder=$$(mktemp -d)
	trap 'rm -rf "$$folder"' EXIT
	UNITY_LIKENESSES=$$folder go test -count=1 -run 'TestPlugin$$/cases' ./plugins/... | sed '/^ok /d'
	rm -f internal/demo/likenesses/*.json
	(cd tools && go run ./likenesses "$$folder" ../internal/demo/likenesses)

.PHONY: bench
bench: build ## measure speed and size, and write docs/benchmarks.md (80 minutes)
	@tools/bench.sh

.PHONY: bench-peers
bench-peers: build ## ask Unity and Debian's Prometheus the same, and write docs/benchmarks.md (10 minutes)
	@tools/bench-peers.sh

.PHONY: hour
hour: build ## watch something with every plugin for HOUR (1h), and write docs/benchmarks.md
	@tools/hour.sh

.PHONY: forms
forms: build ## each plugin in FORMS (all) through its form in a browser: added, tested, looked at, taken away (a minute each)
	@UNITY=$(PROGRAM) FORMS=$(FORMS) go test -count=1 -timeout 3h -v ./test/forms

.PHONY: smart-cases
smart-cases: ## record the cases of plugin smart anew, from drives in QEMU, and try it there (Debian; 3 minutes)
	@tools/smart-cases.sh

.PHONY: kubernetes-peer
kubernetes-peer: ## try plugin kubernetes on a real API server, which is built first (half an hour, then a minute)
	@tools/kubernetes-peer.sh

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (1m)
	@FUZZTIME=$(FUZZTIME) tools/fuzz.sh

.PHONY: install-tools
install-tools: $(LINT) ## build the linters and switch the commit hook on
	git config core.hooksPath tools/hooks

.PHONY: clean
clean: ## remove what was built
	rm -rf dist .cache test-results

##@ the steps of make test

.PHONY: setup
setup: ## install what the tests need, or say what will be skipped
	@tools/setup.sh

.PHONY: format
format: ## is everything formatted?
	@unformatted=$$(gofmt -l *.go web/*.go cmd fault internal metric plugin plugins test tools)
	if [[ -n $$unformatted ]]; then
		printf 'not formatted (make fmt):\n%s\n' "$$unformatted"
		exit 1
	fi

.PHONY: modules
modules: ## is go.mod tidy, and are the modules what go.sum says?
	@go mod tidy -diff
	(cd tools && go mod tidy -diff)
	go mod verify

.PHONY: vet
vet: ## go vet here, and does it compile for the other systems?
	@# Iterators over samples have Prometheus' Seek, which is not that of package io.
	go vet -stdmethods=false ./...
	cd tools
	go run ./compiles $(SYSTEMS)

.PHONY: tools
tools: $(LINT) ## lint and test of the tools
	@cd tools
	$(LINT) run
	go test ./...

.PHONY: spectral
spectral: ## lint of the description of the API
	@tools/spectral.sh

.PHONY: generated
generated: build ## is everything generated fresh, and are all licences compatible?
	@tools/generate.sh --check

.PHONY: quick
quick: ## unit tests without the race detector
	@go test $$(go list ./... | grep -v /test/)

.PHONY: unit
unit: ## unit tests with the race detector
	@# SQLite is C turned into Go, and keeps its data where the detector does not look:
	# watching it finds nothing, and takes half of the time.
	go test -race -gcflags=modernc.org/sqlite/lib=-race=false -timeout 20m $$(go list ./... | grep -v /test/)

.PHONY: browser
browser: build ## the whole program in a real browser
	@UNITY=$(PROGRAM) tools/browser.sh

.PHONY: fault
fault: build ## the whole program, killed at random moments
	@UNITY=$(PROGRAM) go test -count=1 ./test/...

$(LINT): tools/go.mod tools/go.sum
	@mkdir -p $(@D)
	cd tools
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(LINT_VERSION:v%=%)' -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	touch $@
