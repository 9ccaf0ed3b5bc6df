package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// reachTimeout is how long a server may take to answer its first question.
const reachTimeout = 5 * time.Second

// reach returns when the server answers; what keeps it from answering is told
// in one line that says what to do about it.
func (s *Server) reach(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	for {
		_, err := s.ask(limited, "PING")
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !redis.IsLoadingError(err):
			return s.explain(err)
		}
		select {
		case <-limited.Done():
			return fmt.Errorf("it is still loading its data after %v", reachTimeout)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// explain turns the error of a first PING into a sentence; nil if the server
// answered, be it that it does not allow PING.
func (s *Server) explain(err error) error {
	var reply redis.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &reply):
		return explainReply(reply)
	case s.options.TLSConfig != nil:
		return explainTLS(err)
	}
	return explainPlain(err)
}

func explainReply(err redis.Error) error {
	text := err.Error()
	switch word, _, _ := strings.Cut(text, " "); {
	case word == "NOPERM" || strings.HasPrefix(text, "ERR unknown command"):
		return nil
	case word == "NOAUTH":
		return errors.New("it wants a password: in the URL, in REDISCLI_AUTH, or with --password-file")
	case redis.IsAuthError(err), strings.HasPrefix(text, "ERR invalid password"):
		return fmt.Errorf("it refuses the user or password (%s)", text)
	}
	return err
}

func explainTLS(err error) error {
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, &untrusted):
		return fmt.Errorf("its certificate is not trusted (%w): --tls-ca names the authority, --tls-insecure skips the check", untrusted.Err)
	case errors.As(err, &notTLS):
		return errors.New("it does not speak TLS on this port: use redis://")
	case errors.As(err, &alert), strings.Contains(err.Error(), "remote error: tls:"):
		return fmt.Errorf("it refused the TLS connection (%w): it may want --tls-cert and --tls-key", err)
	case timedOut(err):
		return fmt.Errorf("no TLS answer within %v: a port without TLS needs redis://", reachTimeout)
	case dialing(err) != nil:
		return dialing(err)
	}
	return fmt.Errorf("it closed the TLS connection (%w): it may want --tls-cert and --tls-key, or not speak TLS at all (redis://)", bare(err))
}

func explainPlain(err error) error {
	switch {
	case dialing(err) != nil:
		return dialing(err)
	case timedOut(err):
		return fmt.Errorf("no answer within %v", reachTimeout)
	}
	return fmt.Errorf("it does not answer as Redis does (%w): a port with TLS needs rediss://, a full server more maxclients", bare(err))
}

// dialing returns what kept a connection from being made, in short; nil if the
// error came later.
func dialing(err error) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		return nil
	}
	if timedOut(err) {
		return fmt.Errorf("cannot connect within %v", reachTimeout)
	}
	return fmt.Errorf("cannot connect: %w", bare(op))
}

// bare takes addresses and system calls off an error of the network.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		err = call.Err
	}
	return err
}

func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
