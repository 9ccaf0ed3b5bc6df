// Package lua holds the built-in purchase scripts, each a .lua file with its
// contract in the .yaml of the same name (once.lua has a second one), and in the folder corpus the scripts
// that are wrong on purpose: one for every way that the judge must catch.
package lua

import "embed"

// Files holds every built-in script and every script of the corpus, with their
// contracts.
//
//go:embed *.lua *.yaml corpus/*.lua corpus/*.yaml
var Files embed.FS
