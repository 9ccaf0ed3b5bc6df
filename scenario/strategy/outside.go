package strategy

import (
	"context"

	"github.com/seckill-bench/seckill/scenario/contract"
	"github.com/seckill-bench/seckill/scenario/sale"
)

// AllowCommands returns the strategy with leave to run the command by which its
// contract reads orders. Nothing else of it changes.
func (s Strategy) AllowCommands() Strategy {
	if s.Contract == nil || s.Contract.Command() == "" {
		return s
	}
	return s.audited(s.Contract.AllowCommands())
}

// Trial returns the strategy as a trial audits it: a file of orders need not be
// there before anything is sold. A command is run, and shows that it can be.
func (s Strategy) Trial() Strategy {
	if s.Contract == nil || s.Contract.Command() != "" {
		return s
	}
	if inside, differs := s.Contract.Inside(); differs {
		return s.audited(inside)
	}
	return s
}

// audited is the strategy with the audits of a contract.
func (s Strategy) audited(c *contract.Contract) Strategy {
	s.Contract = c
	s.Audit = func(ctx context.Context, do Doer, item sale.Item) sale.Audit {
		return c.Audit(ctx, do, item, sale.Took{})
	}
	s.AuditFor = func(ctx context.Context, do Doer, item sale.Item, took sale.Took) sale.Audit {
		return c.Audit(ctx, do, item, took)
	}
	return s
}
