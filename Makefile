# What a developer types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test race lint fuzz bench build dist

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## one flash sale with the defaults
	go run ./cmd/seckill run

test: lint ## install what is missing (redis-server, PostgreSQL, a C compiler, Chromium), then every test
	.ci/install redis-server postgresql cc chromium
	go test -race -timeout 18m $$(go list ./... | grep -v /cmd/seckill)
	go test -timeout 18m ./cmd/seckill

race: ## every test under the race detector, those of whole runs too: a quarter of an hour on two cores
	go test -race -timeout 30m ./...

lint: ## gofmt, vet, staticcheck, a tidy go.mod
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

fuzz: ## a minute on every decoder, and three million histories against porcupine
	.ci/fuzz 60s
	go test ./scenario/check -run 'AgreeWithPorcupine|Exhaustive' -timeout 3h -args -histories 1000000 -scope 4

bench: ## seckill beside other tools, in turn on one server, and what its parts cost
	.ci/install redis-server redis-benchmark valkey-benchmark
	go test -run '^$$' -bench 'Peers|Recording' -benchtime 5x -timeout 2h ./cmd/seckill
	go test -run '^$$' -bench . -skip 'Peers|Recording' -timeout 1h ./...

build: ## the binary, without debug information
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o seckill ./cmd/seckill

# What dist is made for, and where it goes.
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
DIST = dist

dist: ## archives of static binaries for linux and macOS in dist/, each under 30 MB, with their checksums
	rm -rf $(DIST) && mkdir -p $(DIST)
	@set -e; for platform in $(PLATFORMS); do \
		name=seckill-$$(echo $$platform | tr / -); mkdir $(DIST)/$$name; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -ldflags '-s -w' -o $(DIST)/$$name/seckill ./cmd/seckill; \
		cp LICENSE README.md README.zh-CN.md CHANGELOG.md $(DIST)/$$name; \
		tar -C $(DIST)/$$name -czf $(DIST)/$$name.tar.gz seckill LICENSE README.md README.zh-CN.md CHANGELOG.md; rm -r $(DIST)/$$name; \
		size=$$(wc -c < $(DIST)/$$name.tar.gz); echo "$$name.tar.gz $$size bytes"; \
		test $$size -lt 30000000 || { echo "$$name.tar.gz has more than 30 MB" >&2; exit 1; }; \
	done
	cd $(DIST) && { sha256sum *.tar.gz 2>/dev/null || shasum -a 256 *.tar.gz; } > SHA256SUMS
