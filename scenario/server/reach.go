package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// reachTimeout is how long a server may take to answer its first question.
const reachTimeout = 5 * time.Second

// nobodysKey is asked for where nothing is known of the sale yet.
const nobodysKey = "{seckill}"

// reach returns when the server answers; what keeps it from answering is told
// in one line that says what to do about it.
func (s *Server) reach(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	for {
		_, err := s.ask(limited, "PING")
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !redis.IsLoadingError(err):
			return s.reachOtherwise(limited, err)
		}
		select {
		case <-limited.Done():
			return fmt.Errorf("it is still loading its data after %v", reachTimeout)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// reachOtherwise finds out what a server that gave an error for HELLO and PING
// does answer: proxies refuse either, or hang up on it.
func (s *Server) reachOtherwise(ctx context.Context, err error) error {
	hangsUp := !replied(err)
	if hangsUp && (timedOut(err) || dialing(err) != nil || isTLS(err)) || redis.IsAuthError(err) {
		return s.explain(err)
	}
	s.declined.note("PING", err)
	_, other := s.ask(ctx, "EXISTS", nobodysKey)
	if runs(other) {
		return nil
	}
	if replied(other) {
		return s.explain(other)
	}
	if hangsUp && !s.noHello {
		s.noHello = true
		_, bare := s.ask(ctx, "EXISTS", nobodysKey)
		s.noHello = false
		if runs(bare) {
			return errors.New("it closes the connection on HELLO, as some proxies do: --no-hello sends none")
		}
		if replied(bare) {
			err = bare
		}
	}
	return s.explain(err)
}

// runs reports whether a server runs a command, or would another one: which of
// them a sale can do without is found out later.
func runs(err error) bool {
	return err == nil || replied(err) && (isNotAllowed(err) || isMoved(err) || redis.HasErrorPrefix(err, "unknown command"))
}

func isMoved(err error) bool {
	_, moved := redis.IsMovedError(err)
	return moved
}

// isNotAllowed reports whether the user may not do what was asked.
func isNotAllowed(err error) bool { return redis.HasErrorPrefix(err, "NOPERM") }

// speaks refuses a protocol that the server does not have: the client library
// would silently go on in another.
func (s *Server) speaks(ctx context.Context) error {
	if s.protocol != RESP3 {
		return nil
	}
	o, first := s.ClientOptions(), true
	if o.Dialer == nil {
		o.Dialer = redis.NewDialer(o)
	}
	o.Dialer = keepBack(o.Dialer, func(word string) bool { // the library's own
		kept := word == "HELLO" && first
		first = first && !kept
		return kept
	})
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	if _, err := askOver(ctx, o, "HELLO", strconv.Itoa(RESP3)); err != nil {
		return fmt.Errorf("it does not speak RESP3 (%s): --resp 2", bare(err))
	}
	return nil
}

// explain turns the error of a first question into a sentence; nil if there is
// none.
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

// isTLS reports whether an error is about the encryption.
func isTLS(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var notTLS tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &untrusted) || errors.As(err, &notTLS) || errors.As(err, &alert) || strings.Contains(err.Error(), "remote error: tls:")
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
