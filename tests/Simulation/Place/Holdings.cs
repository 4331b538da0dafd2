using Quorate.Contracts.Placing;
using Quorate.Engine.Place;
using Quorate.Engine.Place.Agreement;

namespace Quorate.Tests.Simulation.Place;

/// <summary>Keeps its own account of what each node holds, from the decided records alone.</summary>
internal sealed class Holdings(ClusterSpec cluster) : IPlacementObserver
{
    private readonly Dictionary<string, Proposal> _held = [];
    private readonly Dictionary<(string Agent, int Node), Resources> _used = [];

    public int Placed { get; private set; }

    public void On(PlacementProgress progress)
    {
        if (progress is not { Round: { } round, Applied: { } applied })
        {
            return;
        }

        foreach (var job in round.Record.Releases.Concat(applied.Lost).ToList())
        {
            if (_held.Remove(job, out var proposal))
            {
                Add(proposal, -1);
            }
        }

        for (var i = 0; i < applied.Placed.Count; i++)
        {
            if (applied.Placed[i])
            {
                Placed++;
                _held.Add(round.Record.Proposals[i].Job, round.Record.Proposals[i]);
                Add(round.Record.Proposals[i], 1);
            }
        }
    }

    private void Add(Proposal proposal, int sign)
    {
        var node = cluster.Agents.Single(a => a.Name == proposal.Agent).Node.Has();
        var share = proposal.Needs.Amounts().Share(proposal.Nodes.Count);
        foreach (var number in proposal.Nodes)
        {
            var used = _used.GetValueOrDefault((proposal.Agent, number)) + (share * sign);
            Assert.True(used.Fits(node), $"{proposal.Job} over-commits node {number} of {proposal.Agent}: {used} of {node}");
            _used[(proposal.Agent, number)] = used;
        }
    }
}
