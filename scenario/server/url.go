package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// openURL connects to a server that somebody else runs.
func openURL(ctx context.Context, o Options) (*Server, error) {
	scheme, _, _ := strings.Cut(o.Server, "://")
	if !slices.Contains([]string{"redis", "rediss", "unix"}, scheme) {
		return nil, fmt.Errorf("server URL: unknown scheme %q; known: redis, rediss, unix", scheme)
	}
	options, err := parse(o)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: Remote, Address: address(scheme, options), options: *options}
	if err := s.reach(ctx); err != nil {
		return nil, fmt.Errorf("server %s: %s", s.Address, s.redact(err.Error()))
	}
	return s, nil
}

// parse reads the URL. What url.Parse says about a bad one is kept back: it
// quotes the URL, and so its password.
func parse(o Options) (*redis.Options, error) {
	options, err := redis.ParseURL(o.Server)
	var quoting *url.Error
	switch {
	case errors.As(err, &quoting):
		return nil, errors.New("server URL cannot be read (special characters in a password must be percent-encoded): want redis://user:password@host:port/db or unix:///path")
	case err != nil:
		return nil, fmt.Errorf("server URL: %s", strings.TrimPrefix(err.Error(), "redis: "))
	}
	if options.Password == "" {
		options.Password = o.Password
	}
	if options.TLSConfig == nil {
		return options, nil
	}
	return options, o.setTLS(options.TLSConfig)
}

// address is the URL of a server without user and password.
func address(scheme string, o *redis.Options) string {
	if o.Network == "unix" {
		return "unix://" + o.Addr
	}
	if o.DB != 0 {
		return fmt.Sprintf("%s://%s/%d", scheme, o.Addr, o.DB)
	}
	return scheme + "://" + o.Addr
}

// tls reports whether any TLS option is set.
func (o *Options) tls() bool {
	return o.TLSCA != "" || o.TLSCert != "" || o.TLSKey != "" || o.TLSInsecure
}

func (o *Options) setTLS(config *tls.Config) error {
	config.InsecureSkipVerify = config.InsecureSkipVerify || o.TLSInsecure
	if o.TLSCA != "" {
		pem, err := os.ReadFile(o.TLSCA)
		if err != nil {
			return fmt.Errorf("--tls-ca: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--tls-ca: %s holds no certificate in PEM", o.TLSCA)
		}
	}
	if (o.TLSCert == "") != (o.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if o.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(o.TLSCert, o.TLSKey)
		if err != nil {
			return fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return nil
}

// redact takes the password out of a text: servers that do not know a command
// repeat its arguments.
func (s *Server) redact(text string) string {
	if s.options.Password == "" {
		return text
	}
	return strings.ReplaceAll(text, s.options.Password, "***")
}
