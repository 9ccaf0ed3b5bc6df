package server

import (
	"context"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// maxRedirects is how often a client of a cluster follows MOVED and ASK.
	maxRedirects = 3
	// reloadInterval is how old a client's map of a cluster may be. While a master
	// is down nobody says MOVED, and go-redis asks again only because of its age.
	reloadInterval = 250 * time.Millisecond
)

// ClientOptions returns options for a go-redis client of its own: no retries
// (a script must not run twice for one attempt), nothing said to the server
// but what is asked of it and what it takes, the protocol that was asked for
// (see Flat), and sockets that obey a context's deadline. Of a server with
// several nodes they reach the one that clients were moved to last, or in a
// cluster one that answers: each time a connection is made, so a client
// outlives a failover. The caller may change them.
func (s *Server) ClientOptions() *redis.Options {
	o := plain(s.options)
	if s.protocol != 0 {
		o.Protocol = s.protocol
	}
	if s.seeds != nil {
		o.Dialer = s.dialSeeds(redis.NewDialer(o))
	}
	if s.keepsBack("HELLO") || s.keepsBack("PING") {
		if o.Dialer == nil {
			o.Dialer = redis.NewDialer(o)
		}
		o.Dialer = keepBack(o.Dialer, s.keepsBack)
	}
	return o
}

// plain adds to options what all our clients have in common.
func plain(o redis.Options) *redis.Options {
	if o.TLSConfig != nil {
		o.TLSConfig = o.TLSConfig.Clone()
	}
	o.Protocol = RESP2
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.DisableIdentity = true
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return &o
}

// ClusterOptions returns options for a go-redis client of a cluster, with the
// settings of ClientOptions; nil for other servers. MOVED and ASK are followed
// three times. go-redis counts its own resends among these redirections: a
// command that must not be sent twice has to say so by its NoRetry. The map of
// the cluster is asked for every 250 ms, of any node, within ReadTimeout: without
// one, a paused node keeps the client from ever asking again. The caller may
// change the options.
func (s *Server) ClusterOptions() *redis.ClusterOptions {
	if !s.Clustered() {
		return nil
	}
	one := s.ClientOptions()
	o := &redis.ClusterOptions{
		Addrs: s.seeds, Dialer: s.dialNode(), DialerRetries: one.DialerRetries,
		Username: one.Username, Password: one.Password,
		MaxRetries: one.MaxRetries, MaxRedirects: maxRedirects, ClusterStateReloadInterval: reloadInterval,
		Protocol: one.Protocol, DisableIdentity: one.DisableIdentity,
		ContextTimeoutEnabled: one.ContextTimeoutEnabled, MaintNotificationsConfig: one.MaintNotificationsConfig,
	}
	if s.private != nil {
		for _, n := range s.private.nodes {
			o.Addrs = append(o.Addrs, loopback(n.announced()))
		}
	}
	return o
}

// Clustered reports whether keys are spread over several masters.
func (s *Server) Clustered() bool {
	return s != nil && (s.seeds != nil || s.private != nil && s.private.topology.Clustered())
}

// dialNode connects a client to the node of a cluster at an address.
func (s *Server) dialNode() dial {
	to := redis.NewDialer(plain(s.options))
	if s.private != nil {
		to = s.private.dialAnnounced
	}
	if s.keepsBack("HELLO") || s.keepsBack("PING") {
		to = keepBack(to, s.keepsBack)
	}
	return to
}

// dialSeeds connects a client to the first of the addresses that lead into the
// cluster that can be reached.
func (s *Server) dialSeeds(to dial) dial {
	return func(ctx context.Context, network, _ string) (c net.Conn, err error) {
		for _, addr := range s.seeds {
			if c, err = to(ctx, network, addr); err == nil {
				return c, nil
			}
		}
		return nil, err
	}
}

// dialAnnounced connects a client to the node that is announced at an address,
// past the proxy of its replicas.
func (g *private) dialAnnounced(ctx context.Context, network, addr string) (net.Conn, error) {
	for _, n := range g.nodes {
		if addr == loopback(n.announced()) {
			addr = n.Address()
			break
		}
	}
	return dialPlain(ctx, network, addr)
}
