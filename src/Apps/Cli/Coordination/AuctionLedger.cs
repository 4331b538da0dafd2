using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Auction;

namespace Quorate.Cli.Coordination;

/// <summary>What the ledger keeps of an auction.</summary>
internal sealed record AuctionEntry(string Task, PastAuction Past, string RecordHash, OutcomeCertificate? Certificate);

/// <summary>Earlier auctions of this home: winners and their approaches, and who broke the rules.</summary>
internal static class AuctionLedger
{
    /// <summary>Oldest first, as many as count.</summary>
    public static async Task<IReadOnlyList<PastAuction>> ReadAsync(Workspace workspace, CancellationToken token)
    {
        var past = new List<PastAuction>();
        var newest = new LedgerFilter { Kinds = [LedgerKinds.Auction], Limit = AuctionRecords.MaxPast, Newest = true };
        await foreach (var entry in (await workspace.OpenLedgerAsync(token)).ReadAsync(newest, token))
        {
            past.Add(entry.Read<AuctionEntry>().Past);
        }

        return past;
    }

    public static async Task AppendAsync(Workspace workspace, AuctionResult result, CancellationToken token) =>
        await (await workspace.OpenLedgerAsync(token)).AppendAsync(
            new LedgerDraft(LedgerKinds.Auction, result.AuctionId, QuorateJson.ToElement(new AuctionEntry(result.Task, result.Past, result.RecordHash, result.Certificate)), DecisionTag.Deterministic), token);
}
