package server

import (
	"net"
	"testing"
)

// What lies between is in every connection, and carries what is said.
func TestBetween(t *testing.T) {
	made := 0
	s := mustOpen(t, Options{Server: Embedded, InProcess: true, Between: func(c net.Conn) net.Conn {
		made++
		return c
	}})
	for range 2 {
		if reply, err := s.Do(t.Context(), "ECHO", "lamp"); err != nil || reply != "lamp" {
			t.Fatal(reply, err)
		}
	}
	if made < 2 {
		t.Errorf("%d of 2 connections or more went through what lies between", made)
	}
}
