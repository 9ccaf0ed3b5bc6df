package conn

import (
	"fmt"
	"strconv"
	"strings"
)

// Where the key of a command stands that is not its first argument. 0: it has
// none.
var keyAt = map[string]int{
	"OBJECT": 2, "XINFO": 2, "XGROUP": 2, "MEMORY": 2, "BITOP": 2,
	"PING": 0, "ECHO": 0, "TIME": 0, "WAIT": 0, "WAITAOF": 0, "INFO": 0, "ROLE": 0, "CONFIG": 0, "CLIENT": 0, "ACL": 0,
	"AUTH": 0, "HELLO": 0, "SELECT": 0, "COMMAND": 0, "CLUSTER": 0, "DBSIZE": 0, "SCAN": 0, "KEYS": 0, "RANDOMKEY": 0,
	"MULTI": 0, "EXEC": 0, "DISCARD": 0, "UNWATCH": 0, "SCRIPT": 0, "FUNCTION": 0, "DEBUG": 0, "LATENCY": 0, "SLOWLOG": 0,
	"READONLY": 0, "READWRITE": 0, "ASKING": 0, "PUBLISH": 0,
}

// keyOf returns the first key of a command: by it a cluster knows the node.
func keyOf(args []any) (key string, has bool) {
	at, isListed := keyAt[strings.ToUpper(text(args[0]))]
	switch word := strings.ToUpper(text(args[0])); {
	case isListed:
	case word == "EVAL", word == "EVALSHA", word == "FCALL", word == "EVAL_RO", word == "EVALSHA_RO", word == "FCALL_RO":
		if len(args) > 2 {
			if n, err := strconv.Atoi(text(args[2])); err == nil && n > 0 {
				at = 3
			}
		}
	case word == "XREAD", word == "XREADGROUP":
		for i, arg := range args {
			if strings.EqualFold(text(arg), "STREAMS") {
				at = i + 1
				break
			}
		}
	default:
		at = 1
	}
	if at == 0 || at >= len(args) {
		return "", false
	}
	return text(args[at]), true
}

// isForAll reports whether every master has to hear a command, because scripts
// and functions are known to each by himself.
func isForAll(args []any) bool {
	if word := strings.ToUpper(text(args[0])); word != "SCRIPT" && word != "FUNCTION" || len(args) < 2 {
		return false
	}
	switch strings.ToUpper(text(args[1])) {
	case "LOAD", "FLUSH", "DELETE":
		return true
	}
	return false
}

// text is an argument as it is sent.
func text(arg any) string {
	switch arg := arg.(type) {
	case string:
		return arg
	case []byte:
		return string(arg)
	}
	return fmt.Sprint(arg)
}
