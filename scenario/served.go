package scenario

import (
	"cmp"
	"slices"
	"time"

	"github.com/seckill-bench/seckill/scenario/conn"
	"github.com/seckill-bench/seckill/scenario/history"
	"github.com/seckill-bench/seckill/scenario/server"
)

// meter is what measures the sale over its links.
func (s *Sale) meter(links conn.Links) *meter {
	return &meter{links: links, server: s.server, asks: s.Head.Server.Capabilities["info"] && s.server.Kind != server.Embedded}
}

// slowKept is how many slow commands of a process the record holds.
const slowKept = 10

// add adds what a process of the server used during one lot.
func (m *meter) add(u *server.Use) {
	if m.served == nil {
		m.served = map[string]*history.Served{}
	}
	s := m.served[u.Node]
	if s == nil {
		s = &history.Served{
			Node: u.Node, MainThread: new(int64), CPU: new(int64), Commands: new(int64), Forks: new(int64), Slow: new(int64),
		}
		m.served[u.Node] = s
		m.nodes = append(m.nodes, u.Node)
	}
	s.Master = s.Master || u.Master
	s.Time += int64(u.Time)
	s.Resolution = max(s.Resolution, int64(u.Resolution))
	s.MainThread, s.CPU = sum(s.MainThread, (*int64)(u.MainThread)), sum(s.CPU, (*int64)(u.CPU))
	s.Commands, s.Forks, s.Slow = sum(s.Commands, u.Commands), sum(s.Forks, u.Forks), sum(s.Slow, u.Slow)
	s.Memory, s.MemoryPeak, s.Rate, s.Clients = u.Memory, u.Peak, u.Rate, u.Clients
	s.LatestFork = nil
	if u.LatestFork != nil {
		s.LatestFork = new(*u.LatestFork * int64(time.Microsecond))
	}
	s.Saving, s.IOThreads = s.Saving || u.Saving, s.IOThreads || u.IOThreads
	for name, calls := range u.Calls {
		if s.Calls == nil {
			s.Calls = map[string]history.Calls{}
		}
		so := s.Calls[name]
		s.Calls[name] = history.Calls{Calls: so.Calls + calls.Calls, Rejected: so.Rejected + calls.Rejected, Time: so.Time + int64(calls.Time)}
	}
	s.Latency = u.Latency
	for _, slow := range u.Slowest {
		s.Slowest = append(s.Slowest, history.Slow{Name: slow.Name, At: slow.At, Took: int64(slow.Took)})
	}
	slices.SortStableFunc(s.Slowest, func(a, b history.Slow) int { return cmp.Compare(b.Took, a.Took) })
	s.Slowest = s.Slowest[:min(len(s.Slowest), slowKept)]
}

// sum is nil where a part of it is not told.
func sum(so, more *int64) *int64 {
	if so == nil || more == nil {
		return nil
	}
	return new(*so + *more)
}
