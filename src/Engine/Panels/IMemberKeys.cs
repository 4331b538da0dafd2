using System.Security.Cryptography;
using Quorate.Contracts;

namespace Quorate.Engine.Panels;

/// <summary>The signing keys of members, which last as long as their names.</summary>
public interface IMemberKeys
{
    /// <summary>P-256 keys in the names' order, made where there are none; the caller disposes them.</summary>
    /// <exception cref="QuorateException">A name that can be no file's name; keys that cannot be read or written.</exception>
    IReadOnlyList<ECDsa> Open(IReadOnlyList<string> names);
}
