package conn

import (
	"errors"
	"net"
	"regexp"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A Fate is what an error says about the command it answers.
type Fate uint8

const (
	// Maybe: it may have run, or may yet run.
	Maybe Fate = iota
	// NotRun: it certainly did not run, and will not.
	NotRun
)

// refusals are the error replies with which a server declines a command before
// it runs. Those marked inside come out of a script too, and then too nothing
// was written: a server raises them only before a script's first write.
var refusals = []struct {
	start  string
	inside bool
}{
	{"NOSCRIPT", false},
	{"READONLY", true},
	{"LOADING", true},
	{"MASTERDOWN", true},
	{"CLUSTERDOWN", true},
	{"TRYAGAIN", true},
	{"MOVED", true},
	{"ASK", true},
	{"NOREPLICAS", true},
	{"MISCONF", true},
	{"OOM", true},
	{"BUSY", true},
	{"CROSSSLOT", true},
	// Inside a script these tell of one of its commands, after others have run.
	{"NOPERM", false},
	{"NOAUTH", false},
	{"WRONGPASS", false},
	{"DENIED", false},
	{"ERR max number of clients", false},
	{"ERR unknown command", false},
	{compileError, false},
}

const compileError = "ERR Error compiling script"

// insideScript finds what a script's own error says. Redis 6 puts it behind a
// preamble ("ERR Error running script (call to f_…): @user_script:3: -OOM …"),
// Redis 7 before a trailer ("OOM … script: 2d5a…, on @user_script:3.").
var insideScript = regexp.MustCompile(`@user_script: ?\d+: -?([A-Z]+ .*)|^(.*) script: [0-9a-f]{40}, on @`)

// FateOf files an error of an exchange, or of Take. Whatever is not known to
// have kept the command from running may have let it run: a timeout, an EOF, a
// reset, an error raised inside a script after its first write.
func FateOf(err error) Fate {
	var reply redis.Error
	var op *net.OpError
	var dial *dialError
	var retried *retriedError
	var unsent *unsentError
	switch {
	case errors.As(err, &retried):
		return Maybe
	case errors.As(err, &dial), errors.As(err, &op) && op.Op == "dial",
		errors.As(err, &unsent), errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrClosed):
		return NotRun
	case errors.As(err, &reply):
		return fateOfReply(reply.Error())
	}
	return Maybe
}

func fateOfReply(text string) Fate {
	text, inside := ofScript(text)
	for _, r := range refusals {
		rest, starts := strings.CutPrefix(text, r.start)
		if starts && (rest == "" || rest[0] == ' ' || strings.Contains(r.start, " ")) && (r.inside || !inside) {
			return NotRun
		}
	}
	return Maybe
}

// ofScript takes off what is added to an error that a script raised.
func ofScript(text string) (own string, inside bool) {
	if m := insideScript.FindStringSubmatch(text); m != nil {
		return m[1] + m[2], true
	}
	return text, false
}

// WordOf is the first word of an error reply, which says what it is about, raised
// inside a script or not: OOM, READONLY. It is empty for other errors.
func WordOf(err error) string {
	if !IsReply(err) {
		return ""
	}
	text, _ := ofScript(err.Error())
	word, _, _ := strings.Cut(text, " ")
	return word
}

// IsReply reports whether an error is the server's answer to the command, and
// not one of the wire.
func IsReply(err error) bool {
	var reply redis.Error
	var dial *dialError
	return errors.As(err, &reply) && !errors.As(err, &dial)
}

// IsNoScript reports whether the server does not know the script's digest.
func IsNoScript(err error) bool { return err != nil && redis.HasErrorPrefix(err, "NOSCRIPT") }

// IsCompileError reports whether the server could not read the script.
func IsCompileError(err error) bool {
	return IsReply(err) && strings.Contains(err.Error(), compileError)
}
