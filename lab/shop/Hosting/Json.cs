using System.Text.Json.Serialization;
using Quorate.Lab.Shop.Data;

namespace Quorate.Lab.Shop.Hosting;

/// <summary>Every shape on the shop's wires and in its files, compiled ahead of time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewOrder))]
[JsonSerializable(typeof(Order))]
[JsonSerializable(typeof(List<Order>))]
[JsonSerializable(typeof(QueueItem))]
[JsonSerializable(typeof(List<QueueItem>))]
[JsonSerializable(typeof(QueueChange))]
internal sealed partial class ShopJson : JsonSerializerContext;
