package main

import (
	"fmt"

	"github.com/seckill-bench/seckill/scenario/server"
)

// itemsPerMaster is how many items there are for each master of a scale: few would
// lie on some of them, and leave others idle.
const itemsPerMaster = 32

// ofScale says what the figures of a scale are about, and what not.
const ofScale = "the figures of --scale are of %d items for each master, spread by their hash slots, on masters without replicas. " +
	"One item that all want lies on one master; only if its stock lies in as many buckets, each in a slot of its own with buyers of its own, does it ask the same of them: " +
	"such buckets run dry one by one, and what it costs to send buyers on to another was not measured"

// checkScale refuses numbers of masters that no server has.
func (c *capacityCmd) checkScale() error {
	if len(c.Scale) > 0 {
		c.warnings = append(c.warnings, fmt.Sprintf(ofScale, itemsPerMaster))
	}
	for i, masters := range c.Scale {
		switch {
		case masters == 1:
		case new(server.Topology).UnmarshalText(fmt.Appendf(nil, "masters:%d", masters)) != nil:
			return fmt.Errorf("--scale %d: want 1 for a single server, or the masters of a cluster, from 2 to 9", masters)
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
		return server.MastersAlone(s.found.Masters)
	}
	return s.Topology
}
