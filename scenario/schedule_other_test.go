//go:build !linux

package scenario

var platformWays []way
