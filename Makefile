# `make` alone prints this list. `make test` on a new machine does all set-up by itself.

PREFIX ?= /usr/local
DESTDIR ?=
programs := lab warren-agent warren-coordinator warren-messenger
benchmarks := coordinator failure formation jobs messenger peers reconcile relay rest star tunnel
swift := "$$(packaging/find-swift)"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps build test check contract mutants nightly format docs bench install clean

help:
	@echo 'Warren: a WireGuard mesh VPN and the network lab that proves its claims.'
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/    make \1@\2/p' Makefile | awk -F@ '{ printf "%-18s %s\n", $$1, $$2 }'
	@echo
	@echo 'Run the lab with ./lab run scenarios/failure.json'

deps: ## install the Debian packages that are missing (as root; else print the command)
	@packaging/ensure-deps --check
	@packaging/find-swift >/dev/null

build: deps ## build programs and tests (debug, the one configuration that run and test share)
	@packaging/ensure-built --tests

# One test after the other: scenarios have bounds in seconds, and deserve the machine to themselves.
test: deps check build ## set up, check, build and run all tests, the system tests included
	@$(swift) test --skip-build --disable-xctest --no-parallel

check: ## lint Swift, and check shell, JSON, words and links
	@.ci/checks/format
	@.ci/checks/shell
	@.ci/checks/json
	@.ci/checks/words
	@.ci/checks/links

contract: build ## let schemathesis attack a live coordinator by its OpenAPI document (about 2 minutes; from PyPI at first)
	@Tests/Contract/schemathesis

mutants: build ## break the programs in known ways and show that a scenario notices each; MUTANTS="name …" chooses
	@Tests/Mutants/run $(MUTANTS)

# RUNS=20 of each, SEED=1, JOBS=1, OUTPUT=FOLDER for all evidence; see Tests/Soak/catalogue.
nightly: build ## run the catalogue again and again with other seeds, and say how often each scenario held (RUNS=20: hours)
	@Tests/Soak/catalogue

format: ## format all Swift sources in place
	@$(swift) format --in-place --parallel --recursive Package.swift Sources Tests

docs: ## check that links between the Markdown files resolve (there is nothing to generate yet)
	@.ci/checks/links
	@echo 'docs: all links between the Markdown files resolve'

# Each begins by saying what it measures and beside what.
bench: build ## measure, beside baselines in the same run; BENCH=name chooses one (coordinator, failure, formation, jobs, messenger, peers, reconcile, relay, rest, star, tunnel)
	@for name in $(if $(BENCH),$(BENCH),$(benchmarks)); do \
	    [ -f "Benchmarks/$$name" ] && [ -x "Benchmarks/$$name" ] || { echo "there is no benchmark $$name: $(benchmarks)" >&2; exit 64; }; \
	    printf '\n== %s ==\n' "$$name"; \
	    sed -n '2,/^[^#]/s/^# //p' "Benchmarks/$$name"; \
	    echo; \
	    "Benchmarks/$$name" || exit; \
	done

install: deps ## build for release and install into $(DESTDIR)$(PREFIX)/bin (about 12 minutes)
	@for program in $(programs); do \
	    $(swift) build --configuration release --static-swift-stdlib --product $$program || exit; \
	done
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 $(programs:%=.build/release/%) '$(DESTDIR)$(PREFIX)/bin'
	install -d '$(DESTDIR)$(PREFIX)/share/bash-completion/completions'
	.build/release/lab --generate-completion-script bash >'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lab'

clean: ## remove everything that was built
	rm -rf .build
