using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Coordination;
using Quorate.Protocol.Consensus;
using Quorate.Protocol.Provenance;

namespace Quorate.Protocol.Auction;

/// <summary>What agents sign in an auction; the number is part of what is signed.</summary>
public enum AuctionStatement : byte
{
    /// <summary>A sealed bid: the hash that hides it.</summary>
    Commitment = 1,

    /// <summary>A bid opened: the hash of what is shown.</summary>
    Reveal = 2,

    /// <summary>An auctioneer's record: its hash.</summary>
    Proposal = 3,
}

/// <summary>
/// An auction as it is called out. Signatures are over its id, the hash of its task, the agent's name and the kind of statement, so
/// one made for another auction, task, agent or meaning is worthless here.
/// </summary>
public sealed class AuctionNotice(string auctionId, AuctionTask task)
{
    /// <summary>Bytes of the number that keeps a sealed bid from being guessed.</summary>
    public const int NonceSize = 32;

    private const int HashSize = 32;
    private readonly byte[] _taskHash = SHA256.HashData(CanonicalJson.ToBytes(QuorateJson.ToElement(task)));

    public string AuctionId { get; } = auctionId;

    public AuctionTask Task { get; } = task;

    /// <summary>SHA-256 that binds to a bid and hides it until its nonce is known, in hex.</summary>
    /// <exception cref="JsonException">A bid that has no canonical form.</exception>
    public string Seal(string agent, AgentBid bid, ReadOnlySpan<byte> nonce)
    {
        if (nonce.Length != NonceSize)
        {
            throw new ArgumentException($"the nonce has {nonce.Length} bytes; it must have {NonceSize}", nameof(nonce));
        }

        var writer = new WireWriter();
        writer.Raw("quorate/auction/bid/v1\0"u8);
        writer.Bytes(Encoding.UTF8.GetBytes(AuctionId));
        writer.Bytes(Encoding.UTF8.GetBytes(agent));
        writer.Raw(nonce);
        writer.Bytes(CanonicalJson.ToBytes(QuorateJson.ToElement(bid)));
        return Convert.ToHexStringLower(SHA256.HashData(writer.Written));
    }

    /// <summary>The same of an opened bid; null when its nonce is none or the bid has no canonical form.</summary>
    public string? HashOf(string agent, SignedReveal reveal)
    {
        Span<byte> nonce = stackalloc byte[NonceSize];
        return reveal.Nonce is { Length: 2 * NonceSize } && Convert.FromHexString(reveal.Nonce, nonce, out _, out var written) == System.Buffers.OperationStatus.Done && written == NonceSize
            && double.IsFinite(reveal.Bid.Cost) && double.IsFinite(reveal.Bid.DurationS) && double.IsFinite(reveal.Bid.Load)
                ? Seal(agent, reveal.Bid, nonce)
                : null;
    }

    /// <summary>The bytes to be signed; null for a hash that is none.</summary>
    internal byte[]? Statement(AuctionStatement kind, string agent, string hash)
    {
        Span<byte> digest = stackalloc byte[HashSize];
        if (hash is not { Length: 2 * HashSize } || hash.AsSpan().ContainsAnyInRange('A', 'F')
            || Convert.FromHexString(hash, digest, out _, out var written) != System.Buffers.OperationStatus.Done || written != HashSize)
        {
            return null;
        }

        var writer = new WireWriter();
        writer.Raw("quorate/auction/v1\0"u8);
        writer.U8((byte)kind);
        writer.Bytes(Encoding.UTF8.GetBytes(AuctionId));
        writer.Raw(_taskHash);
        writer.Bytes(Encoding.UTF8.GetBytes(agent));
        writer.Raw(digest);
        return writer.ToArray();
    }
}

/// <summary>Signs as one agent in one auction (ECDSA P-256, SHA-256, IEEE P1363 form).</summary>
/// <param name="notice">The auction.</param>
/// <param name="agent">Who signs.</param>
/// <param name="key">Its private key; ownership stays with the caller.</param>
public sealed class BidSigner(AuctionNotice notice, string agent, ECDsa key)
{
    public SignedCommitment Commit(AgentBid bid, ReadOnlySpan<byte> nonce)
    {
        var hash = notice.Seal(agent, bid, nonce);
        return new SignedCommitment(hash, Sign(AuctionStatement.Commitment, hash));
    }

    public SignedReveal Reveal(AgentBid bid, ReadOnlySpan<byte> nonce) =>
        new(bid, Convert.ToHexStringLower(nonce), Sign(AuctionStatement.Reveal, notice.Seal(agent, bid, nonce)));

    public SignedHash Propose(string recordHash) => new("proposal", recordHash, Sign(AuctionStatement.Proposal, recordHash));

    private string Sign(AuctionStatement kind, string hash) =>
        Convert.ToBase64String(key.SignData(notice.Statement(kind, agent, hash)!, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
}

/// <summary>Public keys of the agents of an auction. Not thread-safe.</summary>
public sealed class AuctionKeys : IDisposable
{
    private readonly SigningKeys _keys = new();
    private readonly Dictionary<string, string> _ids = new(StringComparer.Ordinal);

    /// <summary>False when the text is not the base64 of one P-256 key.</summary>
    public bool TryAdd(string agent, string publicKey)
    {
        var bytes = new byte[256];
        if (publicKey is null || publicKey.Length > 256 || !Convert.TryFromBase64String(publicKey, bytes, out var length))
        {
            return false;
        }

        var id = SigningKeys.IdOf(bytes.AsSpan(0, length));
        return _keys.TryAdd(id, bytes.AsSpan(0, length)) && _ids.TryAdd(agent, id);
    }

    /// <summary>False for an unknown agent and for anything malformed, too.</summary>
    public bool Verify(AuctionNotice notice, AuctionStatement kind, string agent, string hash, string signature) =>
        signature is not null && _ids.TryGetValue(agent, out var id) && notice.Statement(kind, agent, hash) is { } statement && _keys.Verify(id, statement, signature);

    public void Dispose() => _keys.Dispose();
}
