using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Messages;
using Quorate.Engine.Panels;
using Quorate.Engine.Place.Agreement;
using Quorate.Protocol.Auction;

namespace Quorate.Engine.Coordination;

/// <summary>How an auction is held.</summary>
public sealed record AuctionOptions
{
    /// <summary>For all agents together to seal their bids.</summary>
    public TimeSpan CommitTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For all agents together to open them.</summary>
    public TimeSpan RevealTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What an auctioneer, by name, makes of the right record; an honest one leaves it as it is.</summary>
    public Func<string, AuctionRecord, AuctionRecord> Propose { get; init; } = (_, record) => record;

    /// <summary>What carries calls and bids, with all bidders and <see cref="MemberContexts.ClientName"/> on it; null: one in memory for each auction.</summary>
    public IAgentBus? Bus { get; init; }
}

/// <summary>Holds sealed auctions: capabilities, bids (commit, then reveal), evaluation, and the award by consensus of the agents.</summary>
/// <param name="keys">Of the agents; they sign bids and the outcome.</param>
/// <param name="time">Of deadlines and phases.</param>
/// <param name="options">How; null: as usual.</param>
public sealed class AuctionHouse(IMemberKeys keys, TimeProvider time, AuctionOptions? options = null)
{
    private readonly AuctionOptions _options = options ?? new AuctionOptions();

    /// <param name="auctionId">Of this auction alone; at most 60 letters, digits, dots, underscores and hyphens.</param>
    /// <param name="task">What is auctioned.</param>
    /// <param name="bidders">At most <see cref="AgentsFile.MaxAgents"/>, with names of their own; those that do not bid sign the outcome too.</param>
    /// <param name="past">Earlier auctions, oldest first: each <see cref="AuctionResult.Past"/>.</param>
    /// <param name="cancellationToken">Ends it without a result.</param>
    /// <exception cref="QuorateException">Input: a wrong task, or agents named twice. Missing: keys that cannot be used.</exception>
    public async Task<AuctionResult> RunAsync(string auctionId, AuctionTask task, IReadOnlyList<IBidder> bidders, IReadOnlyList<PastAuction> past, CancellationToken cancellationToken)
    {
        AuctionRules.Check(task);
        string[] names = [.. bidders.Select(b => b.Profile.Name)];
        CheckNames(auctionId, names);
        var phases = new AuctionPhases(time);
        var opened = keys.Open(names);
        try
        {
            var tracks = bidders.Select(b => TrackRecords.Of(b.Profile, task.Requirements.Skill)).ToList();
            phases.End("capabilities", $"{Counted.Of(names.Length, "agent")}, {Counted.Of(tracks.Sum(t => t.Succeeded + t.Failed), "finished task")} known");

            var bus = _options.Bus ?? new VirtualAgentBus([.. names, MemberContexts.ClientName], new RealClock(time));
            var round = new BiddingRound(new AuctionNotice(auctionId, task), bidders, opened, tracks, bus);
            var participants = await round.CollectAsync(_options, cancellationToken);
            phases.End("bids", $"{participants.Count(p => p.Commitments.Count > 0)} sealed, {participants.Count(p => p.Reveal is not null)} opened");

            var record = AuctionRecords.Create(round.Notice, participants, past);
            phases.End("evaluation", $"{Counted.Of(record.Outcome.Ranking.Count, "bid counts", "bids count")}, {Counted.Of(record.Outcome.Excluded.Count, "agent")} without one");

            var award = await AwardAsync(round, record, cancellationToken);
            phases.End("award", award.Certificate is { } proof ? $"{Counted.Of(proof.Signers.Count, "agent")} signed" : "no quorum");
            return Describe(record, award, names.Length, phases, round.Failures);
        }
        finally
        {
            foreach (var key in opened)
            {
                key.Dispose();
            }
        }
    }

    private async Task<Award> AwardAsync(BiddingRound round, AuctionRecord own, CancellationToken cancellationToken)
    {
        var certifier = new AuctionCertifier(keys, own.AuctionId, [.. own.Participants.Select(p => p.Name)]);
        var award = new Award(certifier.Members.Count, certifier.Members.Count == 0 ? 0 : certifier.MaxLiars);
        if (certifier.Members.Count == 0)
        {
            return award;
        }

        foreach (var (turn, auctioneer) in certifier.Auctioneers.Index())
        {
            var proposal = _options.Propose(auctioneer, own);
            award.Certificate = await certifier.CertifyAsync(turn, proposal, own, cancellationToken);
            if (award.Certificate is not null)
            {
                award.Turns.Add(new AuctioneerTurn(auctioneer, true, null));
                break;
            }

            var (kind, problem) = AuctionRecords.FindProblem(proposal) is { } found ? ("false_proposal", found) : ("outvoted_proposal", "it rests on other messages than the others hold");
            award.Turns.Add(new AuctioneerTurn(auctioneer, false, problem));
            award.Evidence.Add(new AuctionEvidence(kind, auctioneer, problem, round.SignerOf(auctioneer).Propose(AuctionRecords.HashOf(proposal)), null));
        }

        return award;
    }

    private static AuctionResult Describe(AuctionRecord record, Award award, int agents, AuctionPhases phases, IReadOnlyDictionary<string, string> failures)
    {
        var (outcome, decided) = (record.Outcome, award.Certificate is not null);
        var past = AuctionRecords.PastOf(decided ? outcome : outcome with { Winner = null, Bid = null });
        return new AuctionResult
        {
            AuctionId = record.AuctionId,
            Task = record.Task.Name,
            Winner = decided ? outcome.Winner : null,
            Bid = decided ? outcome.Bid : null,
            Price = decided ? outcome.Price : null,
            Reserve = record.Task.Requirements.MaxCost,
            RunnerUp = outcome.RunnerUp,
            Reason = decided || agents == 0 ? outcome.Reason : $"no quorum of {Counted.Of(award.Members, "agent")} accepted a record",
            Ranking = outcome.Ranking,
            Scores = outcome.Scores,
            Capabilities = outcome.Capabilities,
            Risk = decided ? outcome.Risk : null,
            Excluded = outcome.Excluded,
            Evidence = [.. outcome.Evidence, .. award.Evidence],
            Auctioneers = award.Turns,
            Members = award.Members,
            MaxLiars = award.MaxLiars,
            Phases = phases.Ended,
            Failures = failures,
            // Only a record that contradicts itself proves a lie; one that lacks messages may have lost them.
            Past = past with { Defaulted = [.. past.Defaulted.Union(award.Evidence.Where(e => e.Kind == "false_proposal").Select(e => e.Agent))] },
            RecordHash = AuctionRecords.HashOf(record),
            Record = record,
            Certificate = award.Certificate,
        };
    }

    private static void CheckNames(string auctionId, string[] names)
    {
        if (!NameRule.IsName(auctionId) || auctionId.Length > 60)
        {
            throw QuorateException.Input("auction_id_invalid", $"auction_id is '{PlainText.Line(auctionId, 80)}'; 1 to 60 letters, digits, dots, underscores and hyphens are allowed, the first a letter or digit");
        }

        if (names.Length > AgentsFile.MaxAgents)
        {
            throw QuorateException.Input("too_many_agents", $"{names.Length} agents take part; at most {AgentsFile.MaxAgents} are allowed");
        }

        var seen = new HashSet<string>(NameRule.OfAgents) { MemberContexts.ClientName };
        if (Array.Find(names, name => !NameRule.IsName(name) || !seen.Add(name)) is { } wrong)
        {
            throw QuorateException.Input("agent_name_invalid", $"an agent's name is '{PlainText.Line(wrong, 80)}'; a name that is used once, with 1 to 64 letters, digits, dots, underscores and hyphens, and not '{MemberContexts.ClientName}', is allowed", "upper and lower case count as the same");
        }
    }

    private sealed record Award(int Members, int MaxLiars)
    {
        public OutcomeCertificate? Certificate { get; set; }

        public List<AuctioneerTurn> Turns { get; } = [];

        public List<AuctionEvidence> Evidence { get; } = [];
    }

    private sealed class AuctionPhases(TimeProvider time)
    {
        private long _since = time.GetTimestamp();

        public List<AuctionPhase> Ended { get; } = [];

        public void End(string name, string summary)
        {
            Ended.Add(new AuctionPhase(name, Math.Round(time.GetElapsedTime(_since).TotalMilliseconds, 2), summary));
            _since = time.GetTimestamp();
        }
    }
}
