package strategy

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// A client is a Doer that counts what it is asked.
type client struct {
	redis    *redis.Client
	embedded bool
	sent     []string // the command words
}

func (c *client) Do(ctx context.Context, args ...any) (any, error) {
	c.sent = append(c.sent, args[0].(string))
	reply, err := c.redis.Do(ctx, args...).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	return reply, err
}

// Multi sends commands as one.
func (c *client) Multi(ctx context.Context, commands ...[]any) ([]any, error) {
	c.sent = append(c.sent, "MULTI")
	replies := make([]any, len(commands))
	sent, err := c.redis.TxPipelined(ctx, func(p redis.Pipeliner) error {
		for _, command := range commands {
			p.Do(ctx, command...)
		}
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, err
	}
	for i, command := range sent {
		reply, err := command.(*redis.Cmd).Result()
		if replies[i] = reply; err != nil && !errors.Is(err, redis.Nil) {
			replies[i] = err
		}
	}
	return replies, nil
}

// must is a Do that must succeed.
func (c *client) must(t *testing.T, args ...any) any {
	t.Helper()
	reply, err := c.Do(t.Context(), args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return reply
}

// onServers runs a test on the embedded server and on a real one.
func onServers(t *testing.T, test func(*testing.T, *client)) {
	t.Run("miniredis", func(t *testing.T) {
		c := connected(t, "tcp", miniredis.RunT(t).Addr())
		c.embedded = true
		test(t, c)
	})
	t.Run("redis-server", func(t *testing.T) {
		test(t, connected(t, "unix", started(t)))
	})
}

func connected(t *testing.T, network, address string) *client {
	c := redis.NewClient(&redis.Options{Network: network, Addr: address, MaxRetries: -1, DisableIdentity: true})
	t.Cleanup(func() { c.Close() })
	return &client{redis: c}
}

// started returns the socket of a redis-server of the test's own, which ends
// with the test.
func started(t *testing.T) string {
	binary, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("", "seckill") // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "s")
	server := exec.Command(binary, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir, "--daemonize", "no")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		os.RemoveAll(dir)
	})
	await(t, socket)
	return socket
}

// await waits until a server listens.
func await(t *testing.T, socket string) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
