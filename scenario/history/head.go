package history

import (
	"strconv"
	"time"

	"github.com/seckill-bench/seckill/scenario/sale"
)

// Version is the version of the record on disk.
const Version = 1

// Head is what is known before the doors open (head.json).
type Head struct {
	Version int       `json:"version"`
	Name    string    `json:"name"`
	Seed    uint64    `json:"seed"`
	Shard   string    `json:"shard"`
	Started time.Time `json:"started"`
	// Model is burst, closed or open: what the latency figures may claim.
	Model string `json:"model"`
	// Admit is how many buyers a second were let in from the waiting room; 0: there
	// was none. See Admission.
	Admit float64 `json:"admit,omitempty"`
	// Scenario is the scenario as run, in YAML: every default written out,
	// secrets removed.
	Scenario string `json:"scenario"`
	// Command repeats the run.
	Command string `json:"command"`
	// Objective is the objective in the grammar of --slo; empty: none.
	Objective string      `json:"objective"`
	Items     []sale.Item `json:"items"`
	// Quantity is the units of every purchase; 0: they differ.
	Quantity int64 `json:"quantity"`
	// Buyers is the number of distinct buyers planned.
	Buyers   int64         `json:"buyers"`
	BuyerIDs sale.BuyerIDs `json:"buyer_ids"`
	// Crowd says of which kind each buyer is; without kinds all are alike.
	Crowd sale.Crowd `json:"crowd,omitzero"`
	// Background is what others read beside the sale.
	Background []Background `json:"background,omitempty"`
	// Trace tells of attempts that somebody else's tool made; nil: they are ours.
	Trace *Trace `json:"trace,omitempty"`
	// Book is where orders were written, without a password; empty: nowhere.
	Book  string     `json:"book,omitempty"`
	Terms sale.Terms `json:"terms"`
	// Expect names what the configuration does not promise to prevent: rules, and
	// words that stand for several.
	Expect []string `json:"expect,omitempty"`
	Script Script   `json:"script"`
	Server Server   `json:"server"`
	Host   Host     `json:"host"`
}

// RequestID returns the id that scripts see of the request with number n.
func (*Head) RequestID(n uint32) string { return strconv.FormatUint(uint64(n)+1, 10) }

// Script identifies the strategy on sale.
type Script struct {
	Name string `json:"name"`
	// SHA1 is the digest of the script's text; empty for a strategy in Go.
	SHA1 string `json:"sha1"`
	// Call is how it is called: evalsha, eval, fcall; go for a strategy in Go.
	Call string `json:"call"`
}

// Server is what the server told about itself. A nil value is one it refused
// to tell.
type Server struct {
	// Kind is embedded, spawned or remote.
	Kind     string  `json:"kind"`
	Address  string  `json:"address"`
	Product  *string `json:"product"`
	Version  *string `json:"version"`
	Topology string  `json:"topology"`
	// Config holds the settings that decide speed and safety.
	Config map[string]*string `json:"config"`
	// Capabilities says what the server lets the harness do.
	Capabilities map[string]bool `json:"capabilities"`
	// Refused names what was asked and not told, with what is lost by it.
	Refused []string `json:"refused,omitempty"`
	// SameHost is whether driver and server share a machine; nil: not known.
	SameHost *bool `json:"same_host"`
	// Look is what there was on a server that is not ours before anything was sent
	// to it; nil for others.
	Look *Look `json:"look,omitempty"`
}

// Look is what a server said of itself before anything was changed on it. What it
// did not tell is nil.
type Look struct {
	// Role is master, slave or sentinel, or what else the server says it is.
	Role *string `json:"role"`
	// Clients are connected, Keys are in the database of the sale, and Memory is
	// bytes in use.
	Clients *int64 `json:"clients"`
	Keys    *int64 `json:"keys"`
	Memory  *int64 `json:"memory"`
	// Loopback is whether its address is one that no other machine reaches.
	Loopback *bool `json:"loopback"`
}

// Host is the machine the driver runs on.
type Host struct {
	CPUs    int    `json:"cpus"`
	OS      string `json:"os"`
	Go      string `json:"go"`
	Seckill string `json:"seckill"`
}

// Tail is what is known after the doors closed (tail.json, written last).
type Tail struct {
	Finished time.Time `json:"finished"`
	// Ended is why no more attempts were made: one of the Ended constants.
	Ended string `json:"ended"`
	// Reason explains an end that was not planned, in a sentence.
	Reason string `json:"reason,omitempty"`
	// Attempts is the number of attempts the buyers finished, dropped ones
	// included; the record must hold as many.
	Attempts int64 `json:"attempts"`
	// NeverOffered is the number of planned buyers that never became due.
	NeverOffered int64 `json:"never_offered"`
	// Audits holds one audit an item, in the order of Head.Items.
	Audits []sale.Audit `json:"audits"`
	// AuditsDiffer is set when two final reads, made because an attempt was
	// indeterminate, did not agree.
	AuditsDiffer bool `json:"audits_differ,omitempty"`
	// Foreign names the keys that changed on the server although the contract
	// does not name them, quoted as in Go; nil: nobody looked.
	Foreign []string `json:"foreign"`
	Reloads int64    `json:"reloads"`
	// Undone says which faults did not happen, or did not end, in sentences: what
	// they were to show is not shown.
	Undone []string `json:"undone,omitempty"`
	// Kinds is what was counted of the kinds of buyers, in the order of Head.Crowd.
	Kinds []KindCount `json:"kinds,omitempty"`
	// Signs are what the server counted between the opening and the audit; nil:
	// it could not be asked.
	Signs  *Signs `json:"signs,omitempty"`
	Driver Driver `json:"driver"`
	// Links is what the buyers' connections did; nil: nobody looked.
	Links *Links `json:"links,omitempty"`
	// Served is what the processes of the server used, by their own account. One
	// that tells nothing is not in it, and Untold says why. In a record without
	// either nobody asked.
	Served []Served `json:"served,omitempty"`
	Untold []string `json:"untold,omitempty"`
	// Baseline is what an idle server took; nil: it was not asked.
	Baseline *Baseline `json:"baseline,omitempty"`
	// Warnings are said beside every figure of the run.
	Warnings []string `json:"warnings"`
}

// A KindCount is what the attempts of a kind of buyers do not show.
type KindCount struct {
	// Renewed is the resends that were new requests, and not the same again.
	Renewed int64 `json:"renewed"`
	// Withheld is the resends that the kind's budget did not allow.
	Withheld int64 `json:"withheld"`
}

// Signs are counts of the server's own. They accuse nobody, and make a cause
// likely. A server that was started again has counted anew.
type Signs struct {
	Evicted int64 `json:"evicted_keys"`
	Expired int64 `json:"expired_keys"`
	// Restarted: another run id answers than at the opening.
	Restarted bool `json:"restarted"`
	// Errors counts the error replies by their first word.
	Errors map[string]int64 `json:"errors,omitempty"`
}

// Why a run ended.
const (
	EndedDone        = "done"        // every planned buyer came and left
	EndedDuration    = "duration"    // the doors closed at --duration
	EndedInterrupted = "interrupted" // a signal
	EndedServerLost  = "server lost" // the server died or stopped answering
	EndedRefused     = "refused"     // the server said that it cannot serve
	EndedAborted     = "aborted"     // a condition of --abort held
)
