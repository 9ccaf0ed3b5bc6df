package server

import (
	"net"
	"slices"
	"testing"

	resp "github.com/alicebob/miniredis/v2/server"
)

// A full server hangs up on everything, and is not taken for one that does so on
// HELLO.
func TestFullServer(t *testing.T) {
	needRedis(t)
	own := mustOpen(t, Options{Server: "redis-server"})
	do(t, own.Nodes()[0], "CONFIG", "SET", "maxclients", "1")
	first, err := net.Dial("tcp", own.Nodes()[0].Address())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	_, err = first.Write([]byte("PING\r\n"))
	if err == nil {
		_, err = first.Read(make([]byte, 7))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Server: own.Address})
	says(t, err, "max number of clients")
}

// What a server says to PING and EXISTS decides whether it is one.
func TestAnswersToTheFirstQuestion(t *testing.T) {
	say := func(text string) resp.Cmd {
		return func(c *resp.Peer, _ string, _ []string) {
			switch text {
			case "":
				c.Close()
			case "OK":
				c.WriteOK()
			default:
				c.WriteError(text)
			}
		}
	}
	for _, test := range []struct{ ping, exists, wrong string }{
		{"OK", "", ""},
		{"ERR forbidden", "OK", ""},
		{"ERR forbidden", "NOPERM no", ""},
		{"ERR unknown command 'PING'", "ERR unknown command 'EXISTS'", ""},
		{"", "OK", ""},
		{"", "MOVED 1 127.0.0.1:1", ""},
		{"ERR forbidden", "ERR broken", "ERR broken"},
		{"NOAUTH first", "OK", "--password-file"},
		{"", "NOAUTH first", "--password-file"},
		{"", "", "does not answer as Redis does"},
	} {
		fake, err := resp.NewServer("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		fake.Register("PING", say(test.ping))
		fake.Register("EXISTS", say(test.exists))
		s, err := Open(t.Context(), Options{Server: "redis://" + fake.Addr().String()})
		if test.wrong != "" {
			says(t, err, test.wrong)
		} else if err != nil {
			t.Errorf("%+v: %v", test, err)
		} else if s.Declines("PING") == nil != (test.ping == "OK") {
			t.Errorf("%+v: PING is declined: %v", test, s.Declines("PING"))
		}
		fake.Close()
	}
}

func TestClusterURLs(t *testing.T) {
	for _, test := range []struct {
		url, plain string
		seeds      []string
		wrong      string
	}{
		{"redis://u:p@h:1/0", "redis://u:p@h:1/0", nil, ""},
		{"redis://h:1?dial_timeout=3", "redis://h:1?dial_timeout=3", nil, ""},
		{"redis://h:1?cluster", "redis://h:1", []string{}, ""},
		{"rediss://h:1?cluster=1&dial_timeout=3", "rediss://h:1?dial_timeout=3", []string{}, ""},
		{"redis://h:1?addr=b:2&cluster=true&addr=c:3", "redis://h:1", []string{"b:2", "c:3"}, ""},
		{"redis://h:1?cluster=no", "", nil, "want ?cluster"},
		{"redis://h:1?cluster&addr=b", "", nil, "host:port"},
		{"unix:///s?cluster", "", nil, "socket"},
	} {
		plain, seeds, err := clusterURL(test.url)
		if test.wrong != "" {
			says(t, err, test.wrong)
		} else if err != nil || plain != test.plain || !slices.Equal(seeds, test.seeds) || seeds == nil != (test.seeds == nil) {
			t.Errorf("%s: %s, %v, %v", test.url, plain, seeds, err)
		}
	}
}

// A key that is there is neither deleted nor held against the server, whatever
// it holds.
func TestQuestionsHarmNoKey(t *testing.T) {
	needRedis(t)
	s := mustOpen(t, Options{Server: mustOpen(t, Options{Server: "redis-server"}).Address})
	want := Want{Key: "k", Scripts: true, Commands: []string{"HSCAN", "MULTI", "SSCAN"}}
	for _, there := range []bool{false, true} {
		if there {
			if _, err := s.Do(t.Context(), "SET", "k", "here"); err != nil {
				t.Fatal(err)
			}
		}
		info := s.DescribeFor(t.Context(), want)
		if len(info.Refused) > 0 || len(info.Capabilities) != 13 {
			t.Errorf("refused %q, capabilities %v", info.Refused, info.Capabilities)
		}
	}
	if got, err := s.Do(t.Context(), "GET", "k"); got != "here" {
		t.Errorf("the key holds %v, %v", got, err)
	}
}
