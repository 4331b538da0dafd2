using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>Signs with the current key and names it, also when the keys are rotated at that moment.</summary>
internal static class LedgerSigner
{
    private const int MaxRotations = 8;

    /// <summary>The id of the key and the signature, in base64, of the message that names it.</summary>
    public static (string KeyId, string Signature) Sign(IKeyRing keys, Func<string, byte[]> messageFor)
    {
        for (var i = 0; i < MaxRotations; i++)
        {
            var keyId = keys.CurrentSigningKeyId;
            var signature = keys.Sign(messageFor(keyId));
            if (keys.CurrentSigningKeyId == keyId)
            {
                return (keyId, Convert.ToBase64String(signature));
            }
        }

        throw new InvalidOperationException("the signing key changes faster than it can be used");
    }

    public static LedgerCheckpoint SignHead(IKeyRing keys, long seq, string hash, DateTimeOffset now)
    {
        var at = LedgerTime.FromMicros(LedgerTime.ToMicros(now));
        var (keyId, signature) = Sign(keys, id => LedgerChain.CheckpointMessage(seq, hash, at, id));
        return new LedgerCheckpoint(seq, hash, at, keyId, signature);
    }
}
