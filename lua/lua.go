// Package lua holds the built-in purchase scripts, each a .lua file with its
// contract in the .yaml of the same name.
package lua

import "embed"

// Files holds every built-in script and its contract.
//
//go:embed *.lua *.yaml
var Files embed.FS
