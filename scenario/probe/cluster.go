package probe

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/sale"
	"github.com/seckill-bench/seckill/scenario/server"
)

const (
	// masters is how many nodes a cluster has.
	masters = 3
	// clusterItems is how many items are sold on it: that all keys of all of them
	// lie well by chance is out of the question.
	clusterItems = 20
)

// sellOnCluster opens, sells and audits items on a cluster, each command
// through the node that owns its first key.
func (p *play) sellOnCluster() {
	made := <-p.cluster
	if made.err != nil {
		p.Skipped = made.err.Error()
		return
	}
	m := &mapped{play: p, cluster: made.Cluster, owners: map[string]int{}}
	for _, node := range made.Nodes() {
		door, err := openDoor(p.ctx, node, p.now)
		if err != nil {
			p.stopped = err
			return
		}
		defer door.close()
		m.doors = append(m.doors, door)
	}
	p.wire.route, p.held, p.strict = m.route, nil, true
	p.sheet = p.newSheet("redis-cli -c")
	p.do("every node is told the script", func() error { return p.strat.Load(p.ctx, p.wire) })
	p.open()
	p.sellItems()
	if p.stopped == nil && p.contract.Cluster {
		p.stopped = p.finish() // while the nodes can still be asked
	}
}

// sellItems sells every item once, and counts what the cluster says to it.
func (p *play) sellItems() {
	said := map[string]int{}
	var order []string
	for i := range p.head.Items {
		t := p.buyItem(uint32(i%buyers), i)
		if t.answer.Defect != sale.ScriptError || p.crashes[short(t.answer.Raw)] {
			continue
		}
		why := whyNot(t.answer.Raw)
		if said[why]++; said[why] == 1 {
			order = append(order, why)
		}
	}
	for _, why := range order {
		p.warn(fmt.Sprintf("will break on a Redis Cluster: %s, %d of %d items", why, said[why], len(p.head.Items)))
	}
}

// ofScript is where Redis says an error came up.
var ofScript = regexp.MustCompile(` script: [0-9a-f]{40}, on @user_(?:script|function):(\d+)\.$`)

// short is an error without the digest of the script it came up in.
func short(raw string) string { return ofScript.ReplaceAllString(raw, " (line $1)") }

// whyNot says in words why a cluster refuses a call.
func whyNot(raw string) string {
	switch {
	case strings.Contains(raw, "CROSSSLOT"):
		return "keys not in one slot (CROSSSLOT)"
	case strings.Contains(raw, "non local key"):
		return "touches keys of another node that it does not declare"
	case strings.Contains(raw, "do not hash to the same slot"):
		return "touches keys of another slot that it does not declare"
	}
	return short(raw)
}

// mapped sends commands to the nodes that own their keys.
type mapped struct {
	*play
	cluster *server.Cluster
	doors   []*door
	owners  map[string]int
}

// route names the links of a command: all for one that loads a script.
func (m *mapped) route(args []any) ([]conn.Link, error) {
	key := ""
	switch args[0] {
	case "SCRIPT", "FUNCTION":
		all := make([]conn.Link, len(m.doors))
		for i, door := range m.doors {
			all[i] = door.link
		}
		return all, nil
	case "EVAL", "EVALSHA", "FCALL":
		if keys := declared(args); len(keys) > 0 {
			key = keys[0]
		}
	default:
		key = fmt.Sprint(args[1])
	}
	owner, known := m.owners[key]
	if !known {
		var err error
		if owner, err = m.cluster.Owner(m.ctx, key); err != nil {
			return nil, err
		}
		m.owners[key] = owner
	}
	return []conn.Link{m.doors[owner].link}, nil
}
