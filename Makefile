# What a developer types. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run test lint fuzz bench build

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: ## one flash sale with the defaults
	go run ./cmd/seckill run

test: lint ## install what is missing (redis-server, a C compiler), then every test
	.ci/install redis-server cc
	go test -race ./...

lint: ## gofmt, vet, staticcheck, a tidy go.mod
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt would change:" $$unformatted; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff

fuzz: ## a minute on every decoder, and three million histories against porcupine
	.ci/fuzz 60s
	go test ./scenario/check -run 'AgreeWithPorcupine|Exhaustive' -timeout 3h -args -histories 1000000 -scope 4

bench: ## what the harness itself costs, beside a bare loop
	go test -run '^$$' -bench . ./...

build: ## the binary, without debug information
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o seckill ./cmd/seckill
