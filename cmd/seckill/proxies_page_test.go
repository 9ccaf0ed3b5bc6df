package main

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// asked finds the rows of the page's table of what is asked for: commands, and
// capabilities.
var asked = regexp.MustCompile("(?m)^\\| (`[A-Z][^|]*) \\| ([`–][^|]*) \\| .+ \\|$")

// quoted are the texts between backquotes.
func quoted(text string) (all []string) {
	for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		all = append(all, word[1])
	}
	return all
}

// TestThePageNamesWhatIsSent: nothing goes to a server but what the page lists
// and what contracts name, and everything that it lists is asked for.
func TestThePageNamesWhatIsSent(t *testing.T) {
	page, err := os.ReadFile(proxiesPage)
	if err != nil {
		t.Fatal(err)
	}
	listed, capabilities := map[string]bool{}, map[string]bool{}
	for _, row := range asked.FindAllStringSubmatch(string(page), -1) {
		for _, command := range quoted(row[1]) {
			word, _, _ := strings.Cut(command, " ")
			listed[word] = true
		}
		for _, name := range quoted(row[2]) {
			capabilities[name] = true
		}
	}
	met, found := map[string]bool{}, map[string]bool{"cluster_slots": true}
	address := strings.TrimPrefix(realRedis(t).Address, "redis://")
	for script, own := range ownCommands {
		d := stand(t, address, true)
		r := runOn(t, "redis://"+d.address, "--script", script)
		r.isValid(t)
		for word := range d.met {
			if !slices.Contains(own, word) {
				met[word] = true
			}
		}
		maps.Copy(found, r.result.Server.Capabilities)
		if d.met["HGETALL"]+d.met["SMEMBERS"] > 0 {
			t.Errorf("%s: a ledger was read at once: %v", script, d.met)
		}
	}
	delete(listed, "CLUSTER") // of clusters alone
	delete(met, "EXEC")       // ends MULTI
	for _, pair := range []struct{ sent, said map[string]bool }{{met, listed}, {found, capabilities}} {
		if sent, said := slices.Sorted(maps.Keys(pair.sent)), slices.Sorted(maps.Keys(pair.said)); !slices.Equal(sent, said) {
			t.Errorf("there is %q, and the page has %q", sent, said)
		}
	}
}

// TestLargeLedgersAreReadInSteps, and at once only where steps are refused.
func TestLargeLedgersAreReadInSteps(t *testing.T) {
	address := strings.TrimPrefix(realRedis(t).Address, "redis://")
	for script, read := range map[string][2]string{"once": {"SSCAN", "SMEMBERS"}, "limited": {"HSCAN", "HGETALL"}} {
		flags := []string{"--script", script, "--buyers", "3500", "--stock", "3500", "--no-hello"}
		all := stand(t, address, true)
		if r := runOn(t, "redis://"+all.address, flags...); r.code != 0 || all.met[read[0]] < 4 || all.met[read[1]] > 0 {
			t.Errorf("%s: exit %d, %v", script, r.code, all.met)
		}
		some := stand(t, address, true, slices.Concat(alone, ownCommands[script])...)
		if r := runOn(t, "redis://"+some.address, flags...); r.code != 0 || some.met[read[1]] < 2 || some.turnedAway()[read[0]] != 1 {
			t.Errorf("%s: exit %d, %v, refused %v", script, r.code, some.met, some.turnedAway())
		}
	}
}
