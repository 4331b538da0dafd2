using System.Security.Cryptography;

namespace Quorate.Protocol.Provenance;

/// <summary>
/// Checks an export line by line and remembers the first fault. The header is signed and vouches for the keys it
/// embeds; the chain and its checkpoints are checked as in a store; the seal, signed by the header's key, covers every byte before it.
/// </summary>
/// <param name="trusted">Public keys (SubjectPublicKeyInfo by id) that the reader had before; empty for none.</param>
/// <param name="requirePinned">Refuse an export that no trusted key signed, instead of saying so.</param>
public sealed class LedgerExportVerifier(IReadOnlyDictionary<string, byte[]> trusted, bool requirePinned) : IDisposable
{
    private readonly SigningKeys _keys = new();
    private readonly IncrementalHash _bytes = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private LedgerChainVerifier? _chain;
    private string _signer = string.Empty;
    private LedgerFault? _fault;
    private long _line;
    private bool _sealed;

    public LedgerFault? Fault => _fault;

    public long Entries => _chain?.Entries ?? 0;

    public long Checkpoints => _chain?.Checkpoints ?? 0;

    /// <summary>Ids of the keys that the header embeds.</summary>
    public IReadOnlyList<string> KeyIds => [.. _keys.Ids];

    /// <summary>Whether a trusted key signed the export.</summary>
    public bool KeyPinned { get; private set; }

    /// <summary>False once a fault is found. <paramref name="line"/> is without its line feed.</summary>
    public bool AddLine(ReadOnlySpan<byte> line)
    {
        if (_fault is not null)
        {
            return false;
        }

        _line++;
        var good = _chain is null ? ReadHeader(line)
            : _sealed ? Fail(LedgerFaultReason.BadSeal, "the file goes on after its seal")
            : LedgerEntryLine.IsEntry(line) ? ReadEntry(line)
            : ReadFrame(line);
        _bytes.AppendData(line);
        _bytes.AppendData("\n"u8);
        return good;
    }

    /// <param name="rest">Bytes after the last line feed; a whole file has none.</param>
    public bool Complete(ReadOnlySpan<byte> rest)
    {
        if (_fault is not null)
        {
            return false;
        }

        _line++;
        if (!rest.IsEmpty)
        {
            return Fail(_sealed ? LedgerFaultReason.BadSeal : LedgerFaultReason.Truncated, _sealed ? "the file goes on after its seal" : "the last line has no end");
        }

        return _sealed || Fail(LedgerFaultReason.Truncated, "the file ends before its seal", Entries + 1);
    }

    public void Dispose()
    {
        _keys.Dispose();
        _bytes.Dispose();
    }

    private bool ReadHeader(ReadOnlySpan<byte> line)
    {
        if (LedgerExportLines.ReadFrame(line)?.Header is not { Format: LedgerExportHeader.FormatName, Version: LedgerExportHeader.FormatVersion, KeyId: not null, Keys: not null, Signature: not null } header)
        {
            return Fail(LedgerFaultReason.Malformed, "the first line is not the header of a ledger export of version 1");
        }

        foreach (var (id, text) in header.Keys)
        {
            var key = new byte[text?.Length ?? 0];
            if (!Convert.TryFromBase64String(text ?? string.Empty, key, out var length) || Convert.ToBase64String(key.AsSpan(0, length)) != text || !_keys.TryAdd(id, key.AsSpan(0, length)))
            {
                return Fail(LedgerFaultReason.BadSignature, $"the embedded key {id} is not the public key of that id");
            }
        }

        _signer = header.KeyId;
        if (!_keys.Verify(_signer, LedgerExportLines.Message(header), header.Signature))
        {
            return Fail(LedgerFaultReason.BadSignature, "the header is not signed by its key");
        }

        // An id is a hash of the key, but cut short: the whole key decides.
        KeyPinned = trusted.TryGetValue(_signer, out var known) && Convert.ToBase64String(known) == header.Keys[_signer];
        _chain = new LedgerChainVerifier(_keys);
        return KeyPinned || !requirePinned || Fail(LedgerFaultReason.UnknownKey, $"the export is signed with key {_signer}, which is not trusted");
    }

    private bool ReadEntry(ReadOnlySpan<byte> bytes)
    {
        var line = default(LedgerEntryLine);
        if (!line.TryRead(bytes))
        {
            return Fail(LedgerFaultReason.Malformed, "the line is not an entry as exports write it", Entries + 1);
        }

        return (_chain!.Add(line.Entry) || FailAsChain()) && CheckNumber(line.Line, line.Entry.Seq);
    }

    private bool ReadFrame(ReadOnlySpan<byte> line) => LedgerExportLines.ReadFrame(line) switch
    {
        { Header: null, Seal: null, Line: { } number, Checkpoint: { Hash: not null, KeyId: not null, Signature: not null } checkpoint } =>
            checkpoint.Seq != Entries
                ? Fail(LedgerFaultReason.Reordered, $"the checkpoint of entry {checkpoint.Seq} stands after entry {Entries}", Entries + 1)
                : (_chain!.Add(checkpoint) || FailAsChain()) && CheckNumber(number, checkpoint.Seq),
        { Header: null, Checkpoint: null, Line: null, Seal: { Sha256: not null, KeyId: not null, Signature: not null } seal } => ReadSeal(seal),
        _ => Fail(LedgerFaultReason.Malformed, "the line is neither an entry, a checkpoint nor the seal", Entries + 1),
    };

    private bool ReadSeal(LedgerExportSeal seal)
    {
        _sealed = true;
        if (seal.KeyId != _signer || !_keys.Verify(_signer, LedgerExportLines.Message(seal), seal.Signature))
        {
            return Fail(LedgerFaultReason.BadSignature, "the seal is not signed by the header's key");
        }

        if (seal.Entries != Entries)
        {
            return Fail(LedgerFaultReason.Truncated, $"the seal counts {seal.Entries} entries; there are {Entries}", Entries + 1);
        }

        return (seal.Checkpoints == Checkpoints && seal.Lines == _line - 1 && seal.Sha256 == Convert.ToHexStringLower(_bytes.GetCurrentHash()))
            || Fail(LedgerFaultReason.BadSeal, "the bytes before the seal are not those that were sealed");
    }

    private bool CheckNumber(long number, long seq) =>
        number == _line || Fail(number > _line ? LedgerFaultReason.Gap : LedgerFaultReason.Reordered, $"line {_line} was written as line {number}", seq);

    private bool FailAsChain()
    {
        _fault = _chain!.Fault! with { Line = _line };
        return false;
    }

    private bool Fail(LedgerFaultReason reason, string detail, long? seq = null)
    {
        _fault = new LedgerFault(seq, _line, reason, detail);
        return false;
    }
}
