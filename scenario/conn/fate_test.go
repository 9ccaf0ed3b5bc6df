package conn_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
)

const digest = "2d5a9b1c2d5a9b1c2d5a9b1c2d5a9b1c2d5a9b1c"

// lines are what servers say, and what it means for the command.
var lines = []struct {
	want   conn.Fate
	line   string
	reason string
}{
	{conn.NotRun, "NOSCRIPT No matching script. Please use EVAL.", "there is nothing to run"},
	{conn.NotRun, "READONLY You can't write against a read only replica.", "refused at the door"},
	{conn.NotRun, "READONLY You can't write against a read only replica. script: " + digest + ", on @user_script:1.", "Redis 7, inside a script, before its first write"},
	{conn.NotRun, "ERR Error running script (call to f_" + digest + "): @user_script:1: -READONLY You can't write against a read only replica.", "Redis 6, the same"},
	{conn.NotRun, "LOADING Redis is loading the dataset in memory", "not yet"},
	{conn.NotRun, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "a replica without its master"},
	{conn.NotRun, "CLUSTERDOWN The cluster is down", "no slots"},
	{conn.NotRun, "TRYAGAIN Multiple keys request during rehashing of slot", "a slot on its way"},
	{conn.NotRun, "MOVED 3999 127.0.0.1:6381", "another node's"},
	{conn.NotRun, "ASK 3999 127.0.0.1:6381", "another node's, for now"},
	{conn.NotRun, "NOREPLICAS Not enough good replicas to write.", "min-replicas-to-write"},
	{conn.NotRun, "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "the disk"},
	{conn.NotRun, "OOM command not allowed when used memory > 'maxmemory'.", "refused at the door"},
	{conn.NotRun, "OOM command not allowed when used memory > 'maxmemory'. script: " + digest + ", on @user_script:1.", "inside, before its first write"},
	{conn.NotRun, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", "another script"},
	{conn.NotRun, "NOAUTH Authentication required.", "nobody"},
	{conn.NotRun, "WRONGPASS invalid username-password pair or user is disabled.", "a stranger"},
	{conn.NotRun, "NOPERM this user has no permissions to run the 'evalsha' command", "the command itself"},
	{conn.NotRun, "NOPERM User buyer has no permissions to access one of the keys used as arguments", "its keys"},
	{conn.NotRun, "CROSSSLOT Keys in request don't hash to the same slot", "a cluster"},
	{conn.NotRun, "DENIED Redis is running in protected mode", "a server for loopback only"},
	{conn.NotRun, "ERR max number of clients reached", "no room"},
	{conn.NotRun, "ERR unknown command 'EVALSHA', with args beginning with: ", "a proxy without scripts"},
	{conn.NotRun, "ERR Error compiling script (new function): user_script:1: '=' expected near '<eof>'", "it is no script"},

	{conn.NotRun, "LOADING Redis is loading the dataset in memory script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'. script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "CLUSTERDOWN The cluster is down script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "TRYAGAIN Multiple keys request during rehashing of slot script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "MOVED 3999 127.0.0.1:6381 script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "ASK 3999 127.0.0.1:6381 script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "NOREPLICAS Not enough good replicas to write. script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "MISCONF Errors writing to the AOF file: No space left on device script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "BUSY Redis is busy running a script. script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "CROSSSLOT Keys in request don't hash to the same slot script: " + digest + ", on @user_script:1.", "inside"},
	{conn.NotRun, "ERR Error running script (call to f_" + digest + "): @user_script: 1: -OOM command not allowed when used memory > 'maxmemory'.", "Redis 6, inside, with a space before the line's number"},

	{conn.Maybe, "ERR The user executing the script can't run this command or subcommand script: " + digest + ", on @user_script:2.", "Redis 7: an earlier command of the script may have written"},
	{conn.Maybe, "NOPERM The user has no permissions script: " + digest + ", on @user_script:2.", "inside, whatever the word"},
	{conn.Maybe, "ERR Error running script (call to f_" + digest + "): @user_script:1: WRONGTYPE Operation against a key holding the wrong kind of value", "Redis 6: writes before it stand"},
	{conn.Maybe, "WRONGTYPE Operation against a key holding the wrong kind of value script: " + digest + ", on @user_script:1.", "Redis 7: the same"},
	{conn.Maybe, "ERR user_script:1: attempt to perform arithmetic on a nil value script: " + digest + ", on @user_script:1.", "Lua's own error"},
	{conn.Maybe, "OOMPH a word that only begins like one", "not OOM"},
	{conn.Maybe, "BUSYGROUP Consumer Group name already exists", "not BUSY"},
	{conn.Maybe, "ERR stock is OOM", "the word stands elsewhere"},
	{conn.Maybe, "my own words", "a script's own error reply"},
}

// Every line is spoken by a server, and heard through a link.
func TestFateOfReplies(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pool(1), time.Minute)
	for _, row := range lines {
		x := do(t, links, "SAY", row.line)
		if got := conn.FateOf(x.Err); got != row.want || !conn.IsReply(x.Err) {
			t.Errorf("%v (%s) is filed as %v, reply %v", x.Err, row.reason, got, conn.IsReply(x.Err))
		}
		if conn.IsNoScript(x.Err) != strings.HasPrefix(row.line, "NOSCRIPT") {
			t.Errorf("%v: IsNoScript is %v", x.Err, conn.IsNoScript(x.Err))
		}
		if conn.IsCompileError(x.Err) != strings.Contains(row.line, "compiling") {
			t.Errorf("%v: IsCompileError is %v", x.Err, conn.IsCompileError(x.Err))
		}
	}
}

// Every row of the table has lines of its own: at the door, and from inside a
// script, where only some of them are certain.
func TestEveryRefusalHasALine(t *testing.T) {
	for _, row := range conn.Refusals() {
		door, inside := 0, 0
		for _, l := range lines {
			m := conn.InsideScript().FindStringSubmatch(l.line)
			switch {
			case m == nil && strings.HasPrefix(l.line, row.Start) && l.want == conn.NotRun:
				door++
			case m != nil && strings.HasPrefix(m[1]+m[2], row.Start) && l.want == conn.NotRun:
				inside++
			}
		}
		if door == 0 || inside == 0 && row.Inside || inside > 0 && !row.Inside {
			t.Errorf("%s: %d lines at the door, %d from inside a script; marked inside: %v", row.Start, door, inside, row.Inside)
		}
		said := replyError(row.Start + " some words script: " + digest + ", on @user_script:1.")
		if got := conn.FateOf(said); (got == conn.NotRun) != row.Inside {
			t.Errorf("%v is filed as %v", said, got)
		}
	}
}

// A replyError is a server's error reply.
type replyError string

func (e replyError) Error() string { return string(e) }

// RedisError marks it as one.
func (replyError) RedisError() {}

func TestFateOfTheWire(t *testing.T) {
	links := open(t, fakeServer(t), conn.Pool(1), 50*time.Millisecond)
	for _, row := range []struct {
		want   conn.Fate
		err    error
		reason string
	}{
		{conn.Maybe, do(t, links, "HANGUP").Err, "an EOF after the request was sent"},
		{conn.Maybe, do(t, links, "SLEEP", "1s", "").Err, "a timeout"},
		{conn.Maybe, io.EOF, "the same, bare"},
		{conn.Maybe, &net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "a reset"},
		{conn.Maybe, &net.OpError{Op: "write", Err: os.NewSyscallError("write", syscall.EPIPE)}, "a broken pipe"},
		{conn.Maybe, context.DeadlineExceeded, "handed over, then given up"},
		{conn.NotRun, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "no connection"},
		{conn.NotRun, fmt.Errorf("wrapped: %w", &net.OpError{Op: "dial", Err: context.DeadlineExceeded}), "no connection in time"},
		{conn.NotRun, redis.ErrPoolTimeout, "no place in go-redis' pool"},
		{conn.NotRun, redis.ErrClosed, "a closed client"},
	} {
		if row.err == nil || conn.FateOf(row.err) != row.want || conn.IsReply(row.err) {
			t.Errorf("%s: %v is filed as %v, reply %v", row.reason, row.err, conn.FateOf(row.err), conn.IsReply(row.err))
		}
	}
}
