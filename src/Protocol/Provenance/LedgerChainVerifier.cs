using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Quorate.Contracts.Provenance;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// Checks a chain entry by entry and remembers the first fault; nothing after it is looked at. Signed heads are given
/// at any time before their entry (or right after it) and are checked at their place.
/// </summary>
/// <param name="keys">The keys that checkpoints may be signed with.</param>
public sealed class LedgerChainVerifier(SigningKeys keys)
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly byte[] _lastHash = Encoding.ASCII.GetBytes(LedgerChain.GenesisHash);
    private readonly SortedDictionary<long, List<LedgerCheckpoint>> _ahead = [];

    public LedgerFault? Fault { get; private set; }

    /// <summary>Good entries so far, which is also the number of the last one.</summary>
    public long Entries { get; private set; }

    /// <summary>Good checkpoints so far.</summary>
    public long Checkpoints { get; private set; }

    /// <summary>For a store, whose every commit signs its last entry: an entry beyond this number was not written by it.</summary>
    public long SignedEnd { get; set; } = long.MaxValue;

    /// <summary>False when the entry is not the next link, or a fault was found before.</summary>
    public bool Add(in LedgerEntryBytes entry)
    {
        if (Fault is not null)
        {
            return false;
        }

        var expected = Entries + 1;
        if (entry.Seq > expected)
        {
            return Fail(expected, LedgerFaultReason.Gap, $"entry {expected} is missing; the next one is {entry.Seq}");
        }

        if (entry.Seq < expected)
        {
            return Fail(entry.Seq, LedgerFaultReason.Reordered, $"entry {entry.Seq} stands where {expected} should");
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> hex = stackalloc byte[2 * SHA256.HashSizeInBytes];
        LedgerChain.Hash(entry, _buffer, hash);
        Convert.TryToHexStringLower(hash, hex, out _);
        if (!entry.Hash.SequenceEqual(hex))
        {
            return Fail(entry.Seq, LedgerFaultReason.Altered, $"entry {entry.Seq} does not match its hash");
        }

        if (!entry.PrevHash.SequenceEqual(_lastHash))
        {
            return Fail(entry.Seq, LedgerFaultReason.WrongPreviousHash, $"entry {entry.Seq} does not follow entry {Entries}");
        }

        if (entry.Seq > SignedEnd)
        {
            return Fail(entry.Seq, LedgerFaultReason.Unsigned, $"entry {entry.Seq} stands after the signed head, entry {SignedEnd}");
        }

        hex.CopyTo(_lastHash);
        Entries = entry.Seq;
        if (_ahead.Count > 0 && _ahead.Remove(Entries, out var here) && !here.TrueForAll(CheckHere))
        {
            Entries--;
            return false;
        }

        return true;
    }

    /// <summary>Adds a signed head of the chain; the same head may be given twice.</summary>
    public bool Add(LedgerCheckpoint checkpoint)
    {
        if (Fault is not null)
        {
            return false;
        }

        if (checkpoint.Seq == Entries)
        {
            return CheckHere(checkpoint);
        }

        if (checkpoint.Seq < Entries)
        {
            return Fail(checkpoint.Seq, LedgerFaultReason.Reordered, $"the checkpoint of entry {checkpoint.Seq} stands after entry {Entries}");
        }

        if (!_ahead.TryGetValue(checkpoint.Seq, out var list))
        {
            _ahead.Add(checkpoint.Seq, list = []);
        }

        list.Add(checkpoint);
        return true;
    }

    /// <summary>Call after the last entry: a signed head beyond it means that entries were cut off.</summary>
    public bool Complete()
    {
        if (Fault is not null)
        {
            return false;
        }

        foreach (var checkpoint in _ahead.Values.SelectMany(c => c))
        {
            return CheckSignature(checkpoint)
                && Fail(Entries + 1, LedgerFaultReason.Truncated, $"a signed head says there were {checkpoint.Seq} entries; there are {Entries}");
        }

        return true;
    }

    /// <summary>Records a fault found outside, such as a row or line that cannot be read.</summary>
    public bool Fail(long? seq, LedgerFaultReason reason, string detail)
    {
        Fault ??= new LedgerFault(seq, null, reason, detail);
        return false;
    }

    private bool CheckHere(LedgerCheckpoint checkpoint)
    {
        if (!CheckSignature(checkpoint))
        {
            return false;
        }

        if (!Encoding.UTF8.GetBytes(checkpoint.Hash).AsSpan().SequenceEqual(_lastHash))
        {
            return Fail(checkpoint.Seq, LedgerFaultReason.Fork, $"entry {checkpoint.Seq} is not the one that was signed");
        }

        Checkpoints++;
        return true;
    }

    private bool CheckSignature(LedgerCheckpoint checkpoint)
    {
        if (!keys.Contains(checkpoint.KeyId))
        {
            return Fail(checkpoint.Seq, LedgerFaultReason.UnknownKey, $"the checkpoint of entry {checkpoint.Seq} is signed with key {checkpoint.KeyId}, which is not trusted");
        }

        var message = LedgerChain.CheckpointMessage(checkpoint.Seq, checkpoint.Hash, checkpoint.At, checkpoint.KeyId);
        return keys.Verify(checkpoint.KeyId, message, checkpoint.Signature)
            || Fail(checkpoint.Seq, LedgerFaultReason.BadSignature, $"the checkpoint of entry {checkpoint.Seq} is not signed by its key");
    }
}
