# Targets for users: build, static, demo, test. For maintainers: check, generate, interop,
# test-cgocheck, test-static, bench, torture.

GO      ?= go
TAGS    := duckdb_arrow
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := bin/accessmart
# Extra flags for the tests, such as RACE=-race, under which each test runs, but those of many
# cases alike to the race detector try a quarter of them.
RACE    ?=
# A tool of tools/go.mod.
TOOL    = $(GO) tool -modfile=tools/go.mod
# Where govulncheck reads what is known.
VULNDB  ?= https://vuln.go.dev
# SailPoint's OpenAPI files, from github.com/sailpoint-oss/api-specs.
SAILPOINT_SPEC             ?= ../shared/vendors/openapi/sailpoint-v2024.json
SAILPOINT_SPEC_PER_SERVICE ?= ../shared/vendors/openapi/sailpoint-per-service.json
PRISM := @stoplight/prism-cli@5.14.2

.PHONY: build static demo test test-cgocheck test-static torture bench check generate interop clean

build:
	@mkdir -p bin
	$(GO) build -trimpath -tags $(TAGS) -ldflags "-X main.version=$(VERSION)" -o $(BIN) ./cmd/accessmart

# A Linux binary that needs no other file: neither glibc nor its services for names. A
# function of glibc that would load libraries at run time ends the build; those
# that DuckDB names are replaced in static_linux.go.
static:
	@mkdir -p bin
	$(GO) build -trimpath -tags $(TAGS),netgo,osusergo,static -o $(BIN)-static \
	  -ldflags '-s -w -X main.version=$(VERSION) -linkmode external -extldflags "-static -Wl,--wrap=dlopen,--fatal-warnings"' ./cmd/accessmart

demo: build
	$(BIN) demo --dir demo

test:
	$(GO) test -tags $(TAGS) $(RACE) -timeout 50m ./...

# Panics where memory of Go is stored in memory of C: batches must not be. Of load those
# tests run that load batches of all sorts, and make links and things of them.
test-cgocheck:
	GOEXPERIMENT=cgocheck2 $(GO) test -tags $(TAGS) -timeout 20m ./transform/... ./load/database/... ./load/apply ./load/closure ./load/links ./load/things
	GOEXPERIMENT=cgocheck2 $(GO) test -tags $(TAGS) -timeout 20m -run '^Test(Load|Records|Links|Things|Drop)' ./load

# Runs the static binary where there is nothing else: as root, or where users may have namespaces.
test-static: static
	$(GO) test -tags $(TAGS),statictest -count 1 -timeout 10m -run TestStatic -v ./cmd/accessmart -args -static "$(CURDIR)/$(BIN)-static"

# The tests that repeat things, in their long form. Prints the figures of docs/reliability.md; the rest is in the log.
TORTURE := ./cmd/accessmart ./load ./extract
torture:
	@mkdir -p bin
	@$(GO) test -tags $(TAGS) -p 1 -timeout 240m -v $(TORTURE) -args -torture >bin/torture.log 2>&1; ended=$$?; \
	grep -E 'torture: |^(--- |    --- FAIL|ok|FAIL|panic)' bin/torture.log; exit $$ended

# Measures against DuckDB alone and writes the page; takes half an hour, and as much as the
# loads of 100,000 people take. BENCH passes flags on, such as
# BENCH="-shapes requests-csv -records 100000 -derive=false", or, for links, things, closure
# and questions alone, BENCH="-shapes= -refresh=false -output bin/derivation.md".
bench: build
	$(GO) build -trimpath -tags $(TAGS) -o bin/bench ./cmd/bench
	bin/bench -program $(BIN) -output docs/benchmarks.md $(BENCH)

check:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	$(GO) vet -tags $(TAGS) ./...
	$(TOOL) staticcheck -tags $(TAGS) ./...
	@echo '$(TOOL) govulncheck -db $(VULNDB) -tags $(TAGS) ./...'; \
	out=$$($(TOOL) govulncheck -db '$(VULNDB)' -tags $(TAGS) ./... 2>&1); ended=$$?; printf '%s\n' "$$out"; \
	case "$$ended $$out" in \
	  0\ *) ;; \
	  *'fetching vulnerabilities: '*) echo 'govulncheck: NOTHING WAS CHECKED for known vulnerabilities, as $(VULNDB) cannot be reached from here (VULNDB=file:///FOLDER takes a copy)' ;; \
	  *) exit $$ended ;; \
	esac
	$(GO) mod tidy -diff
	$(GO) -C tools mod tidy -diff
	$(GO) test -tags $(TAGS) -run '$(GENERATED)|TestImports' ./cmd/... ./schemas/...

# The tests that fail while a file derived from the contracts is out of date.
GENERATED := TestContracts_snapshot|TestDictionary_isUpToDate

# Writes those files.
generate:
	$(GO) test ./schemas -run '$(GENERATED)' -update

interop: demo
	bash testdata/interop/run.sh demo/access.duckdb "$(SAILPOINT_SPEC)" "$(SAILPOINT_SPEC_PER_SERVICE)" "$(PRISM)"

clean:
	rm -rf bin demo .venv .interop
