package conn_test

import (
	"errors"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/seckill-bench/seckill/scenario/conn"
)

// said is an error reply of a server's.
type said string

func (s said) Error() string { return string(s) }
func (said) RedisError()     {}

var _ redis.Error = said("")

func TestWordOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want string
	}{
		{said("OOM command not allowed"), "OOM"},
		{said("READONLY"), "READONLY"},
		{said("OOM command not allowed script: 0123456789012345678901234567890123456789, on @user_script:3."), "OOM"},
		{said("ERR Error running script (call to f_0123): @user_script:3: -OOM command not allowed"), "OOM"},
		{errors.New("OOM of the wire"), ""},
		{nil, ""},
	} {
		if got := conn.WordOf(test.err); got != test.want {
			t.Errorf("%v: %q, want %q", test.err, got, test.want)
		}
	}
}
