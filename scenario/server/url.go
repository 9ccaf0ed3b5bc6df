package server

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
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
	plain, seeds, err := clusterURL(o.Server)
	if err != nil {
		return nil, err
	}
	o.Server = plain
	options, err := parse(o)
	if err != nil {
		return nil, err
	}
	s := &Server{Kind: Remote, Address: address(scheme, options), options: *options, protocol: o.Protocol, noHello: o.NoHello}
	if seeds != nil {
		if options.DB != 0 {
			return nil, fmt.Errorf("server URL: a cluster has no database but 0, not %d", options.DB)
		}
		s.seeds = append([]string{options.Addr}, seeds...)
		s.Address += "?" + clusterOption
	}
	err = s.reach(ctx)
	if err == nil {
		err = cmp.Or(s.speaks(ctx), s.isCluster(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("server %s: %s", s.Address, s.redact(err.Error()))
	}
	return s, nil
}

// clusterOption is what makes a URL one of a cluster.
const clusterOption = "cluster"

// clusterURL takes the words for a cluster out of a URL: cluster, and addr for
// further nodes. The seeds are nil where it is no URL of a cluster.
func clusterURL(text string) (plain string, seeds []string, err error) {
	front, query, found := strings.Cut(text, "?")
	words, wrong := url.ParseQuery(query)
	if !found || wrong != nil || !words.Has(clusterOption) {
		return text, nil, nil // a wrong one is for the library to refuse
	}
	switch {
	case !slices.Contains([]string{"", "true", "1"}, words.Get(clusterOption)):
		return "", nil, fmt.Errorf("server URL: ?cluster=%s: want ?cluster, or none", words.Get(clusterOption))
	case strings.HasPrefix(text, "unix:"):
		return "", nil, errors.New("server URL: a cluster is not reached over a socket file: want redis://host:port?cluster")
	}
	seeds = []string{}
	for _, addr := range words["addr"] {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return "", nil, errors.New("server URL: addr: want another node as host:port")
		}
		seeds = append(seeds, addr)
	}
	words.Del(clusterOption)
	words.Del("addr")
	if query = words.Encode(); query != "" {
		front += "?" + query
	}
	return front, seeds, nil
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
