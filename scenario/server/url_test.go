package server

import (
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"
)

// password is what no error may tell.
const password = "sesame-17"

func TestURLs(t *testing.T) {
	r := startRemote(t, "optional")
	for _, row := range []struct {
		reason, address string
		options         Options
	}{
		{"password in the URL", "redis://" + r.plain, Options{Server: "redis://:" + password + "@" + r.plain}},
		{"password beside the URL", "redis://" + r.plain, Options{Server: "redis://" + r.plain, Password: password}},
		{"the URL's password goes first", "redis://" + r.plain, Options{Server: "redis://:" + password + "@" + r.plain, Password: "other"}},
		{"a user of an ACL", "redis://" + r.plain, Options{Server: "redis://buyer:" + password + "@" + r.plain}},
		{"a user who may not PING", "redis://" + r.plain, Options{Server: "redis://shy:" + password + "@" + r.plain}},
		{"a database", "redis://" + r.plain + "/3", Options{Server: "redis://" + r.plain + "/3", Password: password}},
		{"a socket", "unix://" + r.socket, Options{Server: "unix://" + r.socket, Password: password}},
		{"a socket, password in the URL", "unix://" + r.socket, Options{Server: "unix://:" + password + "@" + r.socket}},
		{"TLS, authority given", "rediss://" + r.tls, Options{Server: "rediss://" + r.tls, Password: password, TLSCA: r.ca}},
		{"TLS, certificate of the client", "rediss://" + r.tls, Options{Server: "rediss://" + r.tls, Password: password, TLSCA: r.ca, TLSCert: r.cert, TLSKey: r.key}},
		{"TLS, unchecked", "rediss://" + r.tls, Options{Server: "rediss://" + r.tls, Password: password, TLSInsecure: true}},
	} {
		t.Run(row.reason, func(t *testing.T) {
			s := mustOpen(t, row.options)
			if s.Kind != Remote || s.Ours() || s.Address != row.address || s.Died() != nil || s.Cause() != nil {
				t.Errorf("opened %s %s", s.Kind, s.Address)
			}
			client := redis.NewClient(s.ClientOptions())
			defer client.Close()
			if err := client.Get(t.Context(), "x").Err(); err != redis.Nil {
				t.Error(err)
			}
		})
	}
}

func TestServersThatCannotBeReached(t *testing.T) {
	t.Parallel()
	r := startRemote(t, "yes")
	closed := loopback(reserved(t))
	page := httptest.NewServer(nil)
	t.Cleanup(page.Close)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	with := func(url string) Options { return Options{Server: url, Password: password} }
	for _, row := range []struct {
		reason  string
		options Options
		want    string
	}{
		{"nobody listens", with("redis://" + closed), "connection refused"},
		{"nobody listens, TLS", with("rediss://" + closed), "connection refused"},
		{"no socket", with("unix://" + filepath.Join(t.TempDir(), "none")), "no such file"},
		{"no such host", with("redis://no-such-host.invalid"), "no such host"},
		{"no password", Options{Server: "redis://" + r.plain}, "--password-file"},
		{"wrong password", Options{Server: "redis://:open-" + password + "@" + r.plain}, "refuses the user or password"},
		{"wrong password beside the URL", Options{Server: "redis://" + r.plain, Password: "x" + password}, "refuses the user or password"},
		{"unknown user", with("redis://nobody@" + r.plain), "refuses the user or password"},
		{"TLS to a plain port", with("rediss://" + r.plain), "a port without TLS needs redis://"},
		{"no TLS to a TLS port", with("redis://" + r.tls), "rediss://"},
		{"no TLS to a TLS port, no password", Options{Server: "redis://" + r.tls}, "rediss://"},
		{"an unknown authority", with("rediss://" + r.tls), "--tls-ca"},
		{"a certificate for another name", Options{Server: "rediss://localhost" + r.tls[len("127.0.0.1"):], TLSCA: r.ca}, "certificate is not trusted"},
		{"no certificate of the client", Options{Server: "rediss://" + r.tls, Password: password, TLSCA: r.ca}, "--tls-cert"},
		{"another protocol", with("redis://" + page.Listener.Addr().String()), "does not answer as Redis does"},
		{"TLS to another protocol", with("rediss://" + page.Listener.Addr().String()), "does not speak TLS"},
		{"nobody answers", with("redis://" + silent.Addr().String()), "no answer within"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), row.options)
			if err == nil {
				s.Close()
			}
			says(t, err, row.want)
		})
	}
}

func TestBadOptions(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, row := range []struct {
		reason  string
		options Options
		want    string
	}{
		{"another scheme", Options{Server: "http://:" + password + "@localhost"}, `unknown scheme "http"`},
		{"no URL at all", Options{Server: "redis://:" + password + "@%zz"}, "cannot be read"},
		{"a port that is none", Options{Server: "redis://:" + password + "@localhost:port"}, "cannot be read"},
		{"an unescaped password", Options{Server: "redis://:%" + password + "@localhost"}, "cannot be read"},
		{"a database that is none", Options{Server: "redis://:" + password + "@localhost/first"}, "invalid database number"},
		{"an option that is none", Options{Server: "redis://:" + password + "@localhost?speed=1"}, "unexpected option"},
		{"TLS without rediss", Options{Server: "redis://localhost", TLSInsecure: true}, "rediss://"},
		{"TLS for a private server", Options{Server: "auto", TLSCA: none}, "rediss://"},
		{"no file of authorities", Options{Server: "rediss://localhost", TLSCA: none}, "no such file"},
		{"authorities that are none", Options{Server: "rediss://localhost", TLSCA: "url_test.go"}, "no certificate in PEM"},
		{"a certificate without its key", Options{Server: "rediss://localhost", TLSCert: none}, "go together"},
		{"a certificate that is none", Options{Server: "rediss://localhost", TLSCert: "url_test.go", TLSKey: "url_test.go"}, "--tls-cert"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			_, err := Open(t.Context(), row.options)
			says(t, err, row.want)
		})
	}
}
