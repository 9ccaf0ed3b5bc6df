package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/seckill-bench/seckill/scenario/server"
)

// A doorman stands before a server as a proxy does. It lets some commands
// through, and either answers the others with an error or hangs up on them.
type doorman struct {
	address string
	hangsUp bool
	lets    []string // nil: everything

	// before, if not nil, is called with the number of each request that goes
	// through, of those with its word.
	before func(word string, number int)

	mu      sync.Mutex
	refused map[string]int // how often, by the command's word
	met     map[string]int // of those that went through
}

// alone are the commands without which nothing can be sold by a script.
var alone = []string{"EVAL", "EVALSHA", "EXISTS", "DEL"}

// stand has a doorman before the server at an address.
func stand(t *testing.T, before string, hangsUp bool, lets ...string) *doorman {
	t.Helper()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &doorman{address: door.Addr().String(), hangsUp: hangsUp, lets: lets, refused: map[string]int{}, met: map[string]int{}}
	d.standAt(t, door, before)
	return d
}

// standAt has him at a door that is there.
func (d *doorman) standAt(t *testing.T, door net.Listener, before string) {
	var inside sync.WaitGroup
	t.Cleanup(func() {
		door.Close()
		inside.Wait()
	})
	inside.Go(func() {
		for {
			guest, err := door.Accept()
			if err != nil {
				return
			}
			inside.Go(func() { d.attend(guest, before) })
		}
	})
}

// attend passes requests on one by one, each with its reply, until either side
// hangs up.
func (d *doorman) attend(guest net.Conn, before string) {
	defer guest.Close()
	host, err := net.Dial("tcp", before)
	if err != nil {
		return
	}
	defer host.Close()
	asks, answers := bufio.NewReader(guest), bufio.NewReader(host)
	for {
		request, words, err := message(asks)
		if err != nil {
			return
		}
		reply := []byte("-ERR unknown command '" + words[0] + "'\r\n")
		switch through := d.passes(words); {
		case through:
			if _, err = host.Write(request); err == nil {
				reply, _, err = message(answers)
			}
		case d.hangsUp:
			return
		}
		if err != nil {
			return
		}
		if _, err := guest.Write(reply); err != nil {
			return
		}
	}
}

// passes lets a request through or not. As proxies do that go by the keys, he
// lets no script through that has none.
func (d *doorman) passes(words []string) bool {
	word := strings.ToUpper(words[0])
	if strings.HasPrefix(word, "EVAL") && (len(words) < 4 || words[2] == "0") {
		word += " without a key"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lets == nil && !strings.Contains(word, " ") || slices.Contains(d.lets, word) {
		d.met[word]++
		if d.before != nil {
			d.before(word, d.met[word])
		}
		return true
	}
	d.refused[word]++
	return false
}

// turnedAway is how often commands were refused, by their words.
func (d *doorman) turnedAway() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused
}

// message reads a request or a reply of RESP2: its bytes, and the texts in it.
func message(r *bufio.Reader) (raw []byte, words []string, err error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, nil, err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(line[1:])))
	switch raw = line; {
	case line[0] == '$' && n >= 0:
		text := make([]byte, n+2)
		_, err = io.ReadFull(r, text)
		return append(raw, text...), []string{string(text[:n])}, err
	case line[0] == '*':
		for range n {
			part, more, err := message(r)
			if err != nil {
				return nil, nil, err
			}
			raw, words = append(raw, part...), append(words, more...)
		}
	}
	return raw, words, nil
}

// embedded is the address of a server in this process.
func embedded(t *testing.T) string {
	t.Helper()
	srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return strings.TrimPrefix(srv.Address, "redis://")
}

// A run is what a sale left, and what it said.
type ran struct {
	code           int
	stdout, stderr string
	result         struct {
		Verdict string
		Counts  map[string]int
		Server  struct {
			Topology     string
			Capabilities map[string]bool
			Refused      []string
		}
		Driver struct{ Warnings []string }
		Script struct{ Reloads int }
	}
}

// runOn runs a sale on a server, and reads the results that it left.
func runOn(t *testing.T, url string, flags ...string) *ran {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "r")
	r := new(ran)
	r.code, r.stdout, r.stderr = runMain(t.Context(), append([]string{
		"run", "--server", url, "--out", dir, "--report", "min", "--buyers", "300", "--stock", "40", "--quantity", "1",
		"--arrivals", "closed:40", "--timeout", "30s",
	}, flags...)...)
	text, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err == nil {
		err = json.Unmarshal(text, &r.result)
	}
	if err != nil && r.code == 0 {
		t.Fatal(err)
	}
	return r
}

// isValid fails unless the sale was valid and sold everything.
func (r *ran) isValid(t *testing.T) {
	t.Helper()
	if r.code != 0 || r.result.Verdict != "valid" || r.result.Counts["ok"] != 40 {
		t.Fatalf("exit %d, %+v\n%s%s", r.code, r.result, r.stdout, r.stderr)
	}
}

// refuses fails unless the run ended before it began, with one sentence.
func (r *ran) refuses(t *testing.T, want string) {
	t.Helper()
	text := strings.TrimSpace(r.stderr)
	if _, after, looked := strings.Cut(text, "--i-own-this-server lifts it)\n"); looked {
		text = after // what is there was said first
	}
	if r.code != exitUsage || !strings.Contains(text, want) || strings.Contains(text, "\n") {
		t.Errorf("exit %d, %q; want %q in one sentence", r.code, r.stderr, want)
	}
}

// conns are the ways in which buyers share connections.
var conns = []string{"pool:8", "dedicated", "pipelined:2"}

// ownCommands are those of the contracts of some scripts.
var ownCommands = map[string][]string{"once": {"SET", "GET", "SMEMBERS"}, "limited": {"SET", "GET", "HGETALL"}, "buckets": {"SET", "GET"}}

// TestServersThatLetLittleThrough: nothing but EVAL, EVALSHA, EXISTS, DEL and
// the contract's own commands is needed, whether the others are answered with an
// error or the connection is closed; and what is closed is none of the sale's.
func TestServersThatLetLittleThrough(t *testing.T) {
	for script, commands := range ownCommands {
		for _, hangsUp := range []bool{false, true} {
			for _, mode := range conns {
				if script != "once" && mode != conns[0] {
					continue // how it is audited has nothing to do with that
				}
				t.Run(fmt.Sprint(script, " ", mode, " hangs up: ", hangsUp), func(t *testing.T) {
					t.Parallel()
					d := stand(t, embedded(t), hangsUp, slices.Concat(alone, commands)...)
					flags := []string{"--script", script, "--conns", mode}
					if hangsUp {
						flags = append(flags, "--no-hello")
					}
					r := runOn(t, "redis://"+d.address, flags...)
					r.isValid(t)
					r.namesAll(t, d.turnedAway())
				})
			}
		}
	}
}

// lookedFor are the commands that only the look before a run asks, and what they tell.
var lookedFor = map[string]string{"DBSIZE": "keys", "ROLE": "role"}

// namesAll fails unless everything that was refused is named, each was asked
// seldom, and no purchase came to harm.
func (r *ran) namesAll(t *testing.T, refused map[string]int) {
	t.Helper()
	for _, outcome := range []string{"failed", "indeterminate", "dropped"} {
		if n := r.result.Counts[outcome]; n > 0 {
			t.Errorf("%d %s", n, outcome)
		}
	}
	for word, n := range refused {
		named := func(text string) bool { return strings.HasPrefix(text, word+" ") }
		if look := lookedFor[word]; look != "" {
			if !strings.Contains(r.stderr, look+" not told") {
				t.Errorf("%s was refused, and the look tells it:\n%s", word, r.stderr)
			}
		} else if word != "HELLO" && !slices.ContainsFunc(r.result.Server.Refused, named) && !strings.Contains(r.stderr, word+" ") {
			t.Errorf("%s is not named in %q", word, r.result.Server.Refused)
		}
		if n > 12 {
			t.Errorf("%s was asked %d times", word, n)
		}
	}
	for capability, can := range r.result.Server.Capabilities {
		word, _, _ := strings.Cut(strings.ToUpper(capability), "_")
		if can && refused[word] > 0 {
			t.Errorf("%s was refused, and the server is said to have it", capability)
		}
	}
	for _, warning := range []string{"SSCAN", "HSCAN", "MULTI"} {
		warned := slices.ContainsFunc(r.result.Driver.Warnings, func(text string) bool { return strings.HasPrefix(text, warning+" refused") })
		if warned != (refused[warning] > 0) {
			t.Errorf("%s refused: %v, warned: %v", warning, refused[warning], warned)
		}
	}
}

// TestAServerThatHangsUpOnHello: the flag is named, and helps; the password then
// goes by AUTH.
func TestAServerThatHangsUpOnHello(t *testing.T) {
	everything := slices.Concat(alone, ownCommands["once"], []string{"PING", "AUTH", "SELECT", "INFO", "CONFIG", "SCRIPT", "SSCAN"})
	real := realRedis(t)
	if _, err := real.Do(t.Context(), "ACL", "SETUSER", "buyer", "on", ">pw", "~*", "+@all"); err != nil {
		t.Fatal(err)
	}
	d := stand(t, strings.TrimPrefix(real.Address, "redis://"), true, everything...)
	for _, url := range []string{"redis://" + d.address, "redis://buyer:pw@" + d.address + "/3"} {
		runOn(t, url).refuses(t, "it closes the connection on HELLO, as some proxies do: --no-hello sends none")
		asked := d.turnedAway()["HELLO"]
		for i, mode := range conns {
			if i > 0 && !strings.Contains(url, "buyer") {
				continue
			}
			r := runOn(t, url, "--no-hello", "--conns", mode)
			r.isValid(t)
			if r.result.Server.Capabilities["hello"] || d.turnedAway()["HELLO"] != asked {
				t.Errorf("HELLO was sent to %s", url)
			}
		}
	}
	if d.met["AUTH"] == 0 || d.met["SELECT"] == 0 {
		t.Errorf("what went through: %v", d.met)
	}
	runOn(t, "redis://buyer:wrong@"+d.address, "--no-hello").refuses(t, "it refuses the user or password")
	runOn(t, "redis://"+d.address, "--no-hello", "--resp", "3").refuses(t, "--resp 3 does not go with --no-hello")
}

// TestAForgottenScriptIsSentWhole where nobody may load scripts.
func TestAForgottenScriptIsSentWhole(t *testing.T) {
	for _, mode := range conns[1:] {
		srv, err := server.Open(t.Context(), server.Options{Server: server.Embedded})
		if err != nil {
			t.Fatal(err)
		}
		defer srv.Close()
		d := stand(t, strings.TrimPrefix(srv.Address, "redis://"), true, slices.Concat(alone, ownCommands["once"])...)
		d.before = func(word string, number int) {
			if word == "EVALSHA" && number > 220 && number%100 == 0 { // the trips of an idle server come first
				srv.Do(t.Context(), "SCRIPT", "FLUSH")
			}
		}
		r := runOn(t, "redis://"+d.address, "--no-hello", "--conns", mode)
		r.isValid(t)
		if n := r.result.Script.Reloads; n == 0 || r.result.Counts["failed"] != n || r.result.Counts["attempts"] != 300+n {
			t.Errorf("%s: %d reloads, %v", mode, n, r.result.Counts)
		}
	}
}

// TestNoScriptsAtAll: a server that runs none is told from a bad script, before
// anything is written.
func TestNoScriptsAtAll(t *testing.T) {
	for word, left := range map[string][]string{"EVAL": {"EVALSHA"}, "EVALSHA": {"EVAL"}} {
		d := stand(t, embedded(t), false, slices.Concat(left, []string{"EXISTS", "DEL"}, ownCommands["once"])...)
		runOn(t, "redis://"+d.address).refuses(t, "once cannot be sold with there: "+word+" refused (ERR unknown command '"+word+"')")
		if d.met["SET"] > 0 {
			t.Error("something was written")
		}
		if r := runOn(t, "redis://"+d.address, "--script", "once-eval"); (r.code == 0) != (word == "EVALSHA") {
			t.Errorf("by EVAL alone, without %s: exit %d, %s", word, r.code, r.stderr)
		}
	}
}

// TestResp3 sells over the newer protocol, and to a server that has only the
// older one not at all.
func TestResp3(t *testing.T) {
	address := strings.TrimPrefix(realRedis(t).Address, "redis://")
	d := stand(t, embedded(t), false, slices.Concat(alone, ownCommands["once"])...)
	runOn(t, "redis://"+d.address, "--resp", "3").refuses(t, "it does not speak RESP3 (ERR unknown command 'HELLO')")
	runOn(t, "redis://"+d.address, "--resp", "4").refuses(t, "--resp 4: want 2 or 3")
	for _, flags := range []string{
		"--script limited --conns pool:8", "--script limited --conns dedicated --client-retries 1 --i-own-this-server", "--script limited --conns pipelined:2",
		"--script buckets --conns pool:8", "--script tokens --conns pool:8",
	} {
		r := runOn(t, "redis://"+address, append(strings.Fields(flags), "--resp", "3")...)
		if r.isValid(t); len(r.result.Server.Refused) > 0 {
			t.Errorf("refused: %q", r.result.Server.Refused)
		}
	}
}

// TestKeysThatCouldNotBeRemoved: nothing is written where nothing can be removed.
func TestKeysThatCouldNotBeRemoved(t *testing.T) {
	d := stand(t, embedded(t), false, slices.Concat([]string{"EVAL", "EVALSHA", "EXISTS"}, ownCommands["once"])...)
	runOn(t, "redis://"+d.address).refuses(t, "once cannot be sold with there: DEL refused")
	if d.met["SET"] > 0 {
		t.Error("something was written")
	}
}
