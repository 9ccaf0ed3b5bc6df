package fault

import (
	"slices"
	"strings"
	"time"
)

// A need is what a server must be for a fault.
type need uint8

const (
	needNothing  need = iota // any will do
	needRedis                // a real one
	needProcess              // that the harness started
	needAOF                  // and that keeps an append-only file
	needReplicas             // with replicas that follow it
	needCluster              // of a cluster
)

// A kind is one way to do harm.
type kind struct {
	name string
	// about says in one line what it does.
	about string
	needs need
	// may and must are the words it knows beside at and every.
	may, must []string
	// usual is how long it lasts where nothing is said; with 0 it is a moment,
	// unless for is said.
	usual time.Duration
	// ours: it happens on our side of the wire, at once.
	ours bool
	// alone: nothing else may happen to processes and topology meanwhile.
	alone bool
	begin begin
}

// wants names the words of a kind.
func (k *kind) wants() string {
	all := []string{"at", "every"}
	return strings.Join(append(append(all, k.must...), k.may...), ", ")
}

// span is how long things last that are not said to last otherwise.
const span = 200 * time.Millisecond

// kinds is everything that can be done to a sale.
var kinds = []kind{
	{name: "kill", about: "SIGKILL a server, and start it again after for", needs: needProcess, alone: true,
		may: []string{"for", "target"}, usual: span, begin: (*Rig).kill},
	{name: "term", about: "SIGTERM a server, and start it again after for", needs: needProcess, alone: true,
		may: []string{"for", "target"}, usual: span, begin: (*Rig).term},
	{name: "restart", about: "end a server as a deployment does, and start it again at once", needs: needProcess, alone: true,
		may: []string{"target"}, begin: (*Rig).term},
	{name: "pause", about: "SIGSTOP a server for a while: it answers later what it was sent", needs: needProcess, alone: true,
		may: []string{"for", "target"}, usual: span, begin: (*Rig).pause},
	{name: "cut-aof", about: "kill a server and cut bytes off the end of its append-only file: stands for a power loss", needs: needAOF, alone: true,
		may: []string{"for", "target"}, must: []string{"bytes"}, usual: span, begin: (*Rig).cutAOF},
	{name: "promote", about: "kill the primary and promote a replica, which lags behind by lag", needs: needReplicas, alone: true,
		may: []string{"for", "lag"}, usual: span, begin: (*Rig).promote},
	{name: "split-brain", about: "promote a replica while the buyers stay with the old primary for a while", needs: needReplicas, alone: true,
		may: []string{"for", "lag"}, usual: span, begin: (*Rig).splitBrain},
	{name: "cluster-failover", about: "kill a master of a cluster; its replica, which lags behind by lag, takes over", needs: needCluster, alone: true,
		may: []string{"for", "lag", "target"}, usual: span, begin: (*Rig).clusterFailover},

	{name: "drop-reply", about: "lose the replies to a share of the requests, which run", ours: true, may: []string{"for", "share"}, usual: forever, begin: (*Rig).spoil},
	{name: "drop-request", about: "lose a share of the requests, which do not run", ours: true, may: []string{"for", "share"}, usual: forever, begin: (*Rig).spoil},
	{name: "delay-request", about: "keep a share of the requests back for delay; they run although nobody waits for them any more", ours: true,
		may: []string{"for", "share"}, must: []string{"delay"}, usual: forever, begin: (*Rig).spoil},
	{name: "hold", about: "keep the replies to a share of the requests back for delay", ours: true,
		may: []string{"for", "share"}, must: []string{"delay"}, usual: forever, begin: (*Rig).spoil},
	{name: "reset", about: "reset the connections of a share of the requests, which may have run or not", ours: true, may: []string{"for", "share"}, usual: forever, begin: (*Rig).spoil},

	{name: "client-pause", about: "CLIENT PAUSE: the server keeps everybody waiting for a while", needs: needRedis,
		may: []string{"for", "target"}, usual: span, begin: (*Rig).clientPause},
	{name: "client-kill", about: "CLIENT KILL: the server hangs up on everybody", needs: needRedis, may: []string{"target"}, begin: (*Rig).clientKill},
	{name: "script-flush", about: "SCRIPT FLUSH: the server forgets every script", begin: (*Rig).scriptFlush},
	{name: "function-flush", about: "FUNCTION FLUSH: the server forgets every function", needs: needRedis, begin: (*Rig).functionFlush},
	{name: "config-set", about: "CONFIG SET for a while, maxmemory=3mb,maxmemory-policy=allkeys-random for one", needs: needRedis,
		may: []string{"for", "target"}, must: []string{"set"}, usual: forever, begin: (*Rig).configSet},
	{name: "acl", about: "take rights from the user of the sale for a while: set=-sadd", needs: needRedis,
		may: []string{"for", "target"}, must: []string{"set"}, usual: span, begin: (*Rig).acl},
	{name: "busy-script", about: "run a script that keeps the server busy for a while", needs: needRedis, alone: true,
		may: []string{"for", "target"}, usual: span, begin: (*Rig).busyScript},
	{name: "expire-key", about: "PEXPIRE the keys of a name in the contract, within delay", may: []string{"delay"}, must: []string{"target"}, begin: (*Rig).expireKey},
	{name: "delete-key", about: "DEL the keys of a name in the contract", must: []string{"target"}, begin: (*Rig).deleteKey},
	{name: "wrong-type", about: "put a value of another type in the place of the keys of a name in the contract", must: []string{"target"}, begin: (*Rig).wrongType},

	{name: "tiny-timeout", about: "a share of the buyers waits no longer than delay for a reply", ours: true, may: []string{"for", "share"}, must: []string{"delay"}, usual: forever, begin: (*Rig).hurry},
	{name: "cancel", about: "a share of the buyers leaves at any moment within delay of the call", ours: true, may: []string{"for", "share"}, must: []string{"delay"}, usual: forever, begin: (*Rig).hurry},
}

// forever is longer than any sale: the fault ends with it.
const forever = 1<<63 - 1

func kindOf(name string) (*kind, bool) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return nil, false
	}
	return &kinds[i], true
}

// Kinds names every kind of fault.
func Kinds() (names []string) {
	for i := range kinds {
		names = append(names, kinds[i].name)
	}
	return names
}

// About says in one line what a kind of fault does, and which words it knows
// beside at and every.
func About(name string) (about, words string) {
	if k, known := kindOf(name); known {
		return k.about, strings.Join(slices.Concat(k.must, k.may), ", ")
	}
	return "", ""
}
