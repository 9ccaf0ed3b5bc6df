package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"seckill": main,
		"record":  recordMain,
	})
}

// TestScripts runs the program as a user types it: each file in
// testdata/script is a session in an empty folder. What the files may use
// beside testscript's own commands:
//
//	redis [ARG …]     starts a redis-server and sets $REDIS to its host:port
//	redis-cli ARG …   asks that server; the reply goes to stdout
func TestScripts(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("CI") != "" {
		t.Fatal("CI is set and there is no redis-server")
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"redis": startRedis,
		},
	})
}

// startRedis starts a server that belongs to the test and ends with it.
func startRedis(ts *testscript.TestScript, neg bool, args []string) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		ts.Fatalf("this session needs a redis-server; say [!exec:redis-server] skip")
	}
	port := freePort(ts)
	all := append([]string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", ts.Getenv("WORK")}, args...)
	server := exec.Command("redis-server", all...)
	ts.Check(server.Start())
	ts.Defer(func() {
		server.Process.Kill()
		server.Wait()
	})
	ts.Setenv("REDIS", "127.0.0.1:"+port)
	ts.Setenv("PORT", port)
	for range 200 {
		if conn, err := net.Dial("tcp", "127.0.0.1:"+port); err == nil {
			conn.Close()
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	ts.Fatalf("the redis-server does not answer")
}

func freePort(ts *testscript.TestScript) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer l.Close()
	_, port, _ := strings.Cut(l.Addr().String(), ":")
	return fmt.Sprint(port)
}
