package main

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/server"
)

// itemsPerMaster is how many items there are for each master of a scale: few would
// lie on some of them, and leave others idle.
const itemsPerMaster = 32

// checkScale refuses numbers of masters that no server has.
func (c *capacityCmd) checkScale() error {
	if len(c.Scale) > 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("the figures of --scale are of %d items for each master, spread by their hash slots: they say nothing of one item that all want, which lies on one master, and nothing of its stock in buckets, which was not measured", itemsPerMaster))
	}
	for i, masters := range c.Scale {
		switch {
		case masters == 1:
		case new(server.Topology).UnmarshalText(fmt.Appendf(nil, "cluster:%d", masters)) != nil:
			return fmt.Errorf("--scale %d: want 1 for a single server, or the masters of a cluster, which has from 3 to 9", masters)
		}
		for _, other := range c.Scale[:i] {
			if other == masters {
				return fmt.Errorf("--scale: %d is there twice", masters)
			}
		}
	}
	return nil
}

// topology is that of the search's server.
func (s *rateSearch) topology() server.Topology {
	if s.found.Masters > 1 {
		return server.Masters(s.found.Masters)
	}
	return s.Topology
}
