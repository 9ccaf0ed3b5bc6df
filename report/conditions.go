package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seckill-bench/seckill/scenario/history"
)

// seedSentence is said wherever a seed is printed.
const seedSentence = "same seed, same plan; the interleaving is the server's"

// embeddedSentence is said in every report made on the embedded server.
const embeddedSentence = "The embedded server is not Redis: it shows whether the logic of a script is right, and nothing about " +
	"speed, memory, persistence, eviction, replication, or what Redis' own Lua would refuse."

// serverName is what the server says it is, or at least how it was come by.
func (s *Summary) serverName() string {
	v := &s.Head.Server
	name := v.Kind + " server"
	if v.Product != nil {
		name = *v.Product
	}
	if v.Version != nil {
		name += " " + *v.Version
	}
	return name
}

// conditions says under which the figures hold.
func (t *text) conditions() {
	s := t.s
	t.head("  Conditions")
	t.say("    server  ", "%s", Plain(s.serverLine()))
	if look := s.lookLine(); look != "" {
		t.say("    found   ", "%s", Plain(look))
	}
	t.say("    script  ", "%s", Plain(s.scriptLine()))
	if load := s.loadLine(); load != "" {
		t.say("    load    ", "%s", Plain(load))
	}
	if book := s.bookName(); book != "" {
		t.say("    orders  ", "%s", Plain(book))
	}
	if faults := s.faultsLine(); faults != "" {
		t.say("    faults  ", "%s", Plain(faults))
	}
	if rows := s.rowsLine(); rows != "" {
		t.say("    rows    ", "%s", Plain(rows))
	}
	t.say("    driver  ", "%s", Plain(s.driverLine()))
	if served := s.servedLine(); served != "" {
		t.say("    served  ", "%s", Plain(served))
	}
	if idle := s.baselineLine(); idle != "" {
		t.say("    idle    ", "%s", Plain(idle))
	}
	t.say("    seed    ", "%s", s.seedLine())
	if s.Head.Server.Kind == "embedded" {
		t.out.WriteByte('\n')
		t.say("  ", embeddedSentence)
	}
}

func (s *Summary) serverLine() string {
	v := &s.Head.Server
	parts := []string{s.serverName()}
	if v.Product != nil {
		parts = append(parts, v.Kind)
	}
	if v.Topology != "" {
		parts = append(parts, v.Topology)
	}
	if v.Address != "" {
		parts = append(parts, "at "+v.Address)
	}
	if v.SameHost != nil {
		parts = append(parts, map[bool]string{true: "same host as the driver", false: "another host than the driver"}[*v.SameHost])
	}
	for _, name := range slices.Sorted(maps.Keys(v.Config)) {
		if value := v.Config[name]; value != nil && *value != "" {
			parts = append(parts, name+" "+*value)
		}
	}
	if len(v.Refused) > 0 {
		parts = append(parts, "not told: "+strings.Join(v.Refused, "; "))
	}
	return strings.Join(parts, ", ")
}

func (s *Summary) scriptLine() string {
	c := &s.Head.Script
	line := c.Name
	if c.Call != "" {
		line += ", " + c.Call
	}
	if c.SHA1 != "" {
		line += ", sha1 " + c.SHA1
	}
	if s.Tail != nil && s.Tail.Reloads > 0 {
		line += fmt.Sprintf(", loaded again %s because the server had forgotten it", times(s.Tail.Reloads))
	}
	return line
}

// loadLine names what the scenario says about the crowd and its connections.
func (s *Summary) loadLine() string {
	var parts []string
	for _, name := range []string{
		"skew", "quantity", "restock", "buyers", "attempts", "double_click", "retries", "release", "abandon",
		"arrivals", "duration", "gateway", "conns", "timeout", "patience", "lost_replies", "wait", "client_retries", "fork_at", "server_config", "max_rate", "abort",
	} {
		value := s.setting(name)
		if name == "arrivals" {
			value = shortArrivals(value)
		}
		switch {
		case slices.Contains([]string{"", "0", "0s", "uniform"}, value) || name == "quantity" && value == "1":
		default:
			parts = append(parts, strings.ReplaceAll(name, "_", " ")+" "+value)
		}
		if crowd := s.crowdLine(); name == "buyers" && crowd != "" {
			parts = append(parts, crowd)
		}
	}
	return strings.Join(parts, ", ")
}

// maxFaults is how many faults are told one by one.
const maxFaults = 5

// faultsLine says what was done to the sale, and when.
func (s *Summary) faultsLine() string {
	var parts []string
	for i := range s.Events {
		if e := &s.Events[i]; e.Kind == history.EventFault {
			parts = append(parts, e.Text+faultWindow(e))
		}
	}
	if more := len(parts) - maxFaults; more > 0 {
		parts = append(parts[:maxFaults], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, "; ")
}

func (s *Summary) driverLine() string {
	h := &s.Head.Host
	line := fmt.Sprintf("%d CPUs, %s, %s, seckill %s", h.CPUs, h.OS, h.Go, h.Seckill)
	if s.Tail == nil {
		return line
	}
	d := &s.Tail.Driver
	if d.CPU > 0 && s.made > 0 {
		line += fmt.Sprintf("; %s CPU an attempt", span(d.CPU/s.made))
	}
	if d.MaxRSS > 0 {
		line += fmt.Sprintf(", at most %s", size(d.MaxRSS))
	}
	if d.GCPauseMax > 0 {
		line += fmt.Sprintf(", collector stops at most %s", span(d.GCPauseMax))
	}
	return line + driverAsides(d)
}

// driverAsides are what kept the driver from running.
func driverAsides(d *history.Driver) (text string) {
	if d.Quota != nil {
		text += fmt.Sprintf("; its control group lets it use %s CPUs", three(*d.Quota))
	}
	if d.Throttled != nil && d.Throttled.Times > 0 {
		text += fmt.Sprintf(", and stopped it %s, %s in all", times(d.Throttled.Times), span(d.Throttled.Time))
	}
	return text
}
