using Quorate.Contracts;
using Quorate.Contracts.Placing;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Consensus.Crypto;

namespace Quorate.Engine.Place.Agreement;

/// <summary>
/// One agent's watch over the others' ballots. Only what a signature proves convicts: two ballots on one question, votes in
/// the rules' name that the rules do not give, or free resources that the decided state denies. Another opinion of a model
/// is an opinion.
/// </summary>
/// <param name="context">Of the agent that watches.</param>
/// <param name="cluster">Whose agents.</param>
/// <param name="ballots">Shared by those who read the same ballots.</param>
internal sealed class BallotAudit(ConsensusContext context, ClusterSpec cluster, Memo<Ballot>? ballots = null)
{
    /// <summary>Rounds whose ballots are kept, for those that come late.</summary>
    private const int KeptRounds = 4;

    /// <summary>Opinions of one author that are kept until their question is known: a liar can only push out its own.</summary>
    private const int EarlyPerAuthor = 4;

    private const int MaxShown = 100;

    private readonly Memo<Ballot> _ballots = ballots ?? new Memo<Ballot>(Ballot.TryParse);
    private readonly Dictionary<Digest, Watched> _rounds = [];
    private readonly Queue<Digest> _order = [];
    private readonly Dictionary<int, Queue<Opinion>> _early = [];
    private readonly Dictionary<int, long> _lastBallot = [];
    private readonly Dictionary<int, long> _lastLie = [];
    private readonly List<Opinion> _convicting = [];

    /// <summary>The round of the agent's last ballot seen; 0: none.</summary>
    public long LastBallotOf(int agent) => _lastBallot.GetValueOrDefault(agent);

    /// <summary>The round of the last lie that this agent can prove; 0: none.</summary>
    public long LastLieOf(int agent) => _lastLie.GetValueOrDefault(agent);

    /// <summary>Opinions that have convicted their authors since the last call, for the others to see.</summary>
    public IReadOnlyList<Opinion> TakeConvicting()
    {
        Opinion[] taken = [.. _convicting];
        _convicting.Clear();
        return taken;
    }

    /// <summary>Opinions seen on a question; of one that is not known yet maybe two of an author.</summary>
    public IEnumerable<Opinion> OpinionsOn(Digest subject) => _rounds.TryGetValue(subject, out var watched) ? watched.Seen.Values : _early.Values.SelectMany(e => e).Where(o => o.Subject == subject);

    /// <summary>What the rules give in the state that a question follows; from now on ballots on it can be judged.</summary>
    public IReadOnlyList<Finding> Expect(Digest subject, PlacementRecord record, PlacementState state)
    {
        if (_rounds.ContainsKey(subject))
        {
            return [];
        }

        var rules = state.RulesOn(record);
        _rounds[subject] = new Watched(record, rules.Votes, rules.Free);
        _order.Enqueue(subject);
        if (_order.Count > KeptRounds)
        {
            _rounds.Remove(_order.Dequeue());
        }

        return [.. TakeEarly(subject).SelectMany(Note)];
    }

    /// <summary>Notes an opinion whose signature is right.</summary>
    public IReadOnlyList<Finding> Note(Opinion opinion)
    {
        if (!_rounds.TryGetValue(opinion.Subject, out var watched))
        {
            Keep(opinion);
            return [];
        }

        if (watched.Seen.TryGetValue(opinion.Author, out var earlier))
        {
            return earlier.Value.AsSpan().SequenceEqual(opinion.Value) ? [] : [Equivocation(watched.Record, earlier, opinion)];
        }

        watched.Seen[opinion.Author] = opinion;
        return Judge(watched, opinion);
    }

    private void Keep(Opinion opinion)
    {
        if (!_early.TryGetValue(opinion.Author, out var early))
        {
            _early[opinion.Author] = early = [];
        }

        if (early.Any(o => o.Subject == opinion.Subject && o.Value.AsSpan().SequenceEqual(opinion.Value)))
        {
            return;
        }

        early.Enqueue(opinion);
        if (early.Count > EarlyPerAuthor)
        {
            early.Dequeue();
        }
    }

    private List<Opinion> TakeEarly(Digest subject)
    {
        var taken = _early.Values.SelectMany(e => e).Where(o => o.Subject == subject).ToList();
        foreach (var author in taken.Select(o => o.Author).Distinct())
        {
            _early[author] = new Queue<Opinion>(_early[author].Where(o => o.Subject != subject));
        }

        return taken;
    }

    private List<Finding> Judge(Watched watched, Opinion opinion)
    {
        var record = watched.Record;
        _lastBallot[opinion.Author] = Math.Max(LastBallotOf(opinion.Author), record.Round);
        var found = new List<Finding>();
        if (_ballots.Read(opinion.Value) is not { } ballot || ballot.Votes.Count != record.Proposals.Count || ballot.Changes.Count != record.Changes.Count)
        {
            found.Add(Lie(record, opinion, "malformed_ballot", "it signed what is no ballot on the question"));
            return found;
        }

        if (ballot.Free != watched.Free[opinion.Author])
        {
            found.Add(Lie(record, opinion, "capacity_lie", $"it says that {ballot.Free.Amounts()} are free in its pool; {watched.Free[opinion.Author].Amounts()} are"));
        }

        for (var i = 0; i < ballot.Votes.Count; i++)
        {
            var (vote, rules) = (ballot.Votes[i], watched.Votes[i]);
            var (byRules, hasModel) = (vote.Source == VoteSource.Rules, cluster.Agents[opinion.Author].Model is not null);
            if (byRules ? vote.Vote != rules.Vote : !hasModel || (vote.Accepts && !rules.Accepts))
            {
                found.Add(Lie(record, opinion, "wrong_vote", byRules ? $"it says that the rules {vote.Vote} {record.Proposals[i].Job} ({PlainText.Line(vote.Reasoning, MaxShown)}); they {rules.Vote} it: {rules.Reasoning}"
                    : hasModel ? $"it accepts {record.Proposals[i].Job}, which cannot be placed so: {rules.Reasoning}" : "it claims a model's vote and has none"));
                break;
            }
        }

        return found;
    }

    private Finding Equivocation(PlacementRecord record, Opinion first, Opinion second)
    {
        _convicting.AddRange([first, second]);
        var evidence = new Evidence(FaultKind.Equivocation, second.Author, Signed(first), Signed(second), null, null);
        return Found(record, second.Author, "equivocation", "it signed two ballots on one question", evidence.Encode());
    }

    private SignedStatement Signed(Opinion opinion) => new(new Statement(StatementKind.Opinion, 0, 0, opinion.Subject, context.Crypto.Hash(opinion.Value)), opinion.Signature);

    private Finding Lie(PlacementRecord record, Opinion opinion, string kind, string detail)
    {
        _convicting.Add(opinion);
        return Found(record, opinion.Author, kind, detail, opinion.Encoded.ToArray());
    }

    private Finding Found(PlacementRecord record, int agent, string kind, string detail, byte[] evidence)
    {
        _lastLie[agent] = Math.Max(LastLieOf(agent), record.Round);
        return new Finding(cluster.Agents[agent].Name, kind, Proven: true, record.Round, detail, Convert.ToBase64String(evidence));
    }

    private sealed record Watched(PlacementRecord Record, IReadOnlyList<BallotVote> Votes, IReadOnlyList<ProposedNeeds> Free)
    {
        public Dictionary<int, Opinion> Seen { get; } = [];
    }
}
