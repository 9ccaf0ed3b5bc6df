# What a developer types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test lint fuzz bench build

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## one flash sale with the defaults
	go run ./cmd/seckill run

test: lint ## install what is missing (redis-server, a C compiler, Chromium), then every test
	.ci/install redis-server cc chromium
	go test -race -timeout 18m ./...

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
