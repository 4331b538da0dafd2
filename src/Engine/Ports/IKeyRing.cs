namespace Quorate.Engine.Ports;

/// <summary>Secret keys by version, held encrypted at rest. Thread-safe.</summary>
public interface IKeyRing
{
    /// <summary>The version new envelopes are sealed with; versions start at 1.</summary>
    int CurrentHmacVersion { get; }

    /// <summary>32 bytes; null when there is no such version.</summary>
    byte[]? FindHmacKey(int version);

    /// <summary>Id of the ledger's current signing key: the first 16 hex digits of SHA-256 of its public key (SPKI).</summary>
    string CurrentSigningKeyId { get; }

    /// <summary>ECDSA P-256 over SHA-256 of the data, IEEE P1363 form.</summary>
    byte[] Sign(ReadOnlySpan<byte> data);

    /// <summary>SubjectPublicKeyInfo of every signing key ever used, by key id.</summary>
    IReadOnlyDictionary<string, byte[]> PublicKeys { get; }
}
